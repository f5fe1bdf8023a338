"""Orders: what was bought, and what comes back."""
