"""Wallets: balances, the ledger that explains them, commissions and payouts."""
