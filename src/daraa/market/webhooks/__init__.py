"""Webhooks: events sent to stores and partners."""
