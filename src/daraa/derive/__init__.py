"""From declarations to plans: pure functions without any input or output of their own."""
