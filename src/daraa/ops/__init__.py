"""The operator's duties, one folder each; they work when the product is broken."""
