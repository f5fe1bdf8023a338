"""The only room that talks to the world: databases, Redis, objects, processes."""
