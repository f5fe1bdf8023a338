"""Delivery: zones and what they cost, and the tasks of couriers."""
