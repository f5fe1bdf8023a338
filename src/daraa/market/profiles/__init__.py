"""Profiles: what the platform knows of customers, couriers and admins, and where things are delivered."""
