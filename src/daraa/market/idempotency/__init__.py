"""Idempotency: the same key gets the same answer and one effect."""
