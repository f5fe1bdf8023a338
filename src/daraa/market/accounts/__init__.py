"""Accounts: who may log in, from which device, and how often they tried."""
