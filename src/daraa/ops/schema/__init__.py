"""Keeps the live database in the shape that the declarations give it."""
