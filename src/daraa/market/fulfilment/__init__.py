"""Fulfilment: the journeys that touch an order, its task and its money together."""
