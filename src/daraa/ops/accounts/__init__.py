"""Keeps the database accounts and their roles as the declarations derive them."""
