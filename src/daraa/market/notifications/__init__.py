"""Notifications: what people are told, in which words, and what they want to hear."""
