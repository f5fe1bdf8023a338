"""Promotions: offers that apply by themselves and coupons that are claimed."""
