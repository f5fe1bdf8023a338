"""A card provider for one machine: a process of its own with its own memory, as unpunctual as a real one."""
