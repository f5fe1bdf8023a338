"""Loyalty: points earned and burned, and customers who bring others."""
