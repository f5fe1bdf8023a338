"""Carts: what customers and guests are about to buy."""
