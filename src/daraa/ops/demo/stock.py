"""Stock of one cell: what came in, what its orders took, and shelves that are full enough for all of them."""

from collections import defaultdict
from datetime import datetime

from daraa.ops.demo.chance import Source
from daraa.ops.demo.rows import Row, Rows, row
from daraa.ops.demo.sales import Checkout, Line, Sale
from daraa.ops.demo.shops import Store, Variant

RESERVES = {"allocate": 1, "unallocate": -1, "ship": -1}
"""How a movement of an order line changes what is allocated, per piece."""


def fill_shelves(source: Source, cell: int, stores: list[Store], checkouts: list[Checkout], rows: Rows) -> None:
    """Write all movements and set every stock row and product flag to what they come to."""
    taken: defaultdict[str, list[Row]] = defaultdict(list)
    for checkout in checkouts:
        for sale in checkout.sales:
            for line in sale.lines:
                taken[line.variant.id] += _movements(source, sale, line)
    dice = source.dice(f"stock:{cell}")
    for store in stores:
        for product in store.products:
            for variant in product.variants:
                left = 0 if dice.chance(0.05) else dice.between(1, 120)
                moves = taken.get(variant.id, [])
                moves = [_receive(source, variant, left, moves), *moves]
                _set_stock(variant, moves)
                rows["stock_movements"] += moves
            product.raw["inStock"] = any(variant.stock["available"] for variant in product.variants)
            if not product.raw["inStock"] and product.raw["status"] == "active":
                product.raw["status"] = "out_of_stock"


def _movements(source: Source, sale: Sale, line: Line) -> list[Row]:
    """Allocated when placed, paid or not; shipped when picked up; given back when cancelled, returned or sent back."""
    known = dict(sale.reached(source.reference))
    moves = []
    if known:
        moves.append(_move(source, sale, line, "allocate", 0, sale.checkout.placed))
    if "picked_up" in known:
        moves.append(_move(source, sale, line, "ship", -line.quantity, known["picked_up"]))
    if "cancelled" in known:
        moves.append(_move(source, sale, line, "unallocate", 0, known["cancelled"]))
    if "returned" in known:
        moves.append(_move(source, sale, line, "return", line.quantity, known["returned"]))
    elif line.returned:
        moves.append(_move(source, sale, line, "return", line.returned, source.reference))
    return moves


def _move(source: Source, sale: Sale, line: Line, kind: str, delta: int, at: datetime) -> Row:
    return row(source.id("smv", at, f"{line.id}:{kind}"), at) | {
        "inventoryId": line.variant.stock["_id"],
        "storeId": sale.store.id,
        "variantId": line.variant.id,
        "kind": kind,
        "quantity": line.quantity,
        "deltaOnHand": delta,
        "orderId": sale.id,
        "orderLineId": line.id,
    }


def _receive(source: Source, variant: Variant, left: int, moves: list[Row]) -> Row:
    """The delivery that filled the shelf: enough for every order and `left` beyond."""
    quantity = left + sum(move["quantity"] for move in moves if move["kind"] == "allocate")
    return row(source.id("smv", variant.received_at, variant.id), variant.received_at) | {
        "inventoryId": variant.stock["_id"],
        "storeId": variant.product.store.id,
        "variantId": variant.id,
        "kind": "receive",
        "quantity": quantity,
        "deltaOnHand": quantity,
        "actorId": variant.product.store.owner,
        "reason": "توريد أول",
    }


def _set_stock(variant: Variant, moves: list[Row]) -> None:
    on_hand = sum(move["deltaOnHand"] for move in moves)
    allocated = sum(RESERVES.get(move["kind"], 0) * move["quantity"] for move in moves)
    available = on_hand - allocated
    variant.stock |= {"onHand": on_hand, "allocated": allocated, "available": available}
    variant.stock["isLow"] = available <= variant.stock["lowAt"]
