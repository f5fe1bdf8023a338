"""HTTP in, HTTP out: the edge around the market's capabilities. No business rules."""
