"""Loads and comparisons that print ratios side by side; never part of the test run."""
