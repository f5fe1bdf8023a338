"""What the inventory tells others of; each event belongs to the movement that caused it."""

from daraa.collections.inventories import Inventory
from daraa.market.inventory.desk import Line, OrderGoods
from daraa.market.inventory.rows import unsold
from daraa.stores.mongo.outbox import News


def crossed_news(row: Inventory, movement_id: str) -> News:
    """A row has something to sell where it had nothing, or the other way round."""
    payload = {
        "product_id": row.product_id,
        "variant_id": row.variant_id,
        "store_id": row.store_id,
        "inventory_id": row.id,
        "unsold": unsold(row),
    }
    return News("stock.crossed_zero", "stock_movements", movement_id, 1, payload)


def short_news(goods: OrderGoods, line: Line, row: Inventory, allocated: int, movement_id: str) -> News:
    """An order was placed and its hold was gone: the seller must find the pieces or cancel the order."""
    payload = {
        "order_id": goods.order_id,
        "order_line_id": line.id,
        "store_id": goods.store_id,
        "variant_id": line.variant_id,
        "product_id": line.product_id,
        "inventory_id": row.id,
        "wanted": line.quantity,
        "allocated": allocated,
    }
    return News("stock.short", "stock_movements", movement_id, 2, payload)
