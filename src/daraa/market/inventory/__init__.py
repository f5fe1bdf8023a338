"""Inventory: how much there is of what, and who holds it."""
