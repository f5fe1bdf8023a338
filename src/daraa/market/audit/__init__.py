"""Audit: who did what, and what visitors look at."""
