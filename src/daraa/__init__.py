"""Daraa: a multi-vendor marketplace back end with the whole platform it needs to run safely."""

__version__ = "0.1.0"
