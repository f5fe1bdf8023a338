"""Sellers: stores and their goods as their owners and the admins see them."""
