"""Disputes: complaints about order lines, from opening to the executed decision."""
