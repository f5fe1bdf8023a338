"""Deterministic demo data: a marketplace around Daraa and Damascus, of any size up to a million products."""

from daraa.ops.demo.load import DEFAULT_PRODUCTS, DEFAULT_SEED, Loaded, Progress, Wanted, load

__all__ = ["DEFAULT_PRODUCTS", "DEFAULT_SEED", "Loaded", "Progress", "Wanted", "load"]
