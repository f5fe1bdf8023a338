"""Reviews: what customers say about products, stores and couriers."""
