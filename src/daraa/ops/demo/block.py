"""Makes one cell whole: its stores, people, sales, books and everything that came of them."""

from daraa.ops.demo.aftermath import write_aftermath
from daraa.ops.demo.catalogue import stock_products
from daraa.ops.demo.foundation import Foundation
from daraa.ops.demo.order_rows import write_orders
from daraa.ops.demo.rows import Rows, money
from daraa.ops.demo.sales import Market, coupon_row, make_coupon, plan_checkouts
from daraa.ops.demo.scale import Cell
from daraa.ops.demo.settlement import Settlement
from daraa.ops.demo.shoppers import add_couriers, add_customers
from daraa.ops.demo.shops import open_stores
from daraa.ops.demo.stock import fill_shelves

TIERS = ((100, "platinum"), (40, "gold"), (10, "silver"), (0, "bronze"))
"""Loyalty points from which a customer belongs to a tier."""


def build_cell(base: Foundation, cell: Cell) -> Rows:
    """All documents of a cell, by collection; they refer only to each other and to the foundation."""
    rows = Rows()
    zone = base.zones[cell.number % len(base.zones)]
    stores = open_stores(base, cell, zone, rows)
    dice = base.source.dice(f"products:{cell.number}")
    for store in stores:
        stock_products(base, store, rows, dice)
    market = Market(
        base=base,
        cell=cell,
        zone=zone,
        stores=stores,
        customers=add_customers(base.source, cell, zone, rows),
        couriers=add_couriers(base.source, cell, zone, rows),
        coupon=make_coupon(base, cell, zone),
    )
    checkouts = plan_checkouts(market)
    settlement = Settlement(market, rows)
    settlement.play(checkouts)
    write_orders(market, checkouts, rows)
    fill_shelves(base.source, cell.number, stores, checkouts, rows)
    if cell.is_lively:
        rows.take(coupon_row(market.coupon, base.admins[0]))
        write_aftermath(market, checkouts, settlement.comebacks, rows)
    _finish_people(market)
    return rows


def _finish_people(market: Market) -> None:
    """Set what a year of orders came to on profiles."""
    for customer in market.customers:
        customer.profile["pointsCached"] = customer.points
        customer.profile["tier"] = next(tier for least, tier in TIERS if customer.points >= least)
    for courier in market.couriers:
        courier.profile["activeCount"] = courier.active
        courier.profile["cashHeld"] = money(courier.cash)
        if courier.active:
            courier.profile["status"] = "busy"
