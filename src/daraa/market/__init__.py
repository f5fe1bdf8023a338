"""The business: one folder per capability, each entered by its service."""
