"""Words shared by all rooms: errors, ids, money, time, text, settings, checks. Standard library and pydantic only."""
