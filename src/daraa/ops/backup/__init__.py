"""Backups that are proven: taken, verified by restoring, retained by rule; a copy that was never restored is a hope."""
