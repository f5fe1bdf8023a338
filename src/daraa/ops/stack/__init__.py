"""The platform on one machine: what runs, in which order, and what happens when a part dies."""
