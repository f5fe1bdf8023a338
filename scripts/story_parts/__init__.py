"""The chapters of `scripts/story.py`, and how they are told."""
