"""Payments: how orders are paid, and what is given back."""
