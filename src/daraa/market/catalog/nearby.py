"""What is for sale near a place: stores nearest first, and the products of the nearest stores."""

from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any, Protocol

from daraa.kernel.errors import DaraaError
from daraa.kernel.languages import Language
from daraa.market.catalog import answers, errors
from daraa.market.catalog.near import metres_to, place
from daraa.market.catalog.schemas import ListProducts, ListStores
from daraa.stores.mongo import Near

Raw = dict[str, Any]
MOST_STORES = 100
SLACK_M = 2
"""Two computations of one distance may differ by this much."""
NO_PAGE = {"next_cursor": None, "has_more": False}
CANNOT = frozenset({2, 27, 72, 115, 238, 291, 17007})
"""The codes with which a server says that it has no such index, operator or plan."""


class Reads(Protocol):
    """What is read for it."""

    async def list_stores_near(self, point: Near, *, limit: int) -> list[Raw]:
        """Approved stores, nearest first."""

    async def list_stores_of_kind_near(self, point: Near, kind_id: str, *, limit: int) -> list[Raw]:
        """Those of a kind."""

    async def list_products_of(self, store_ids: list[str], *, limit: int) -> list[Raw]:
        """Shown products of stores, in no order."""

    async def list_products(self, order: str, limit: int, after: None, **filters: Any) -> list[Raw]:
        """Shown products of one store, newest first."""


class Nearby:
    """The nearest come on one page: a place that moves has no next page. At most three database commands a call."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def stores(self, wanted: ListStores, kind_id: str | None, limit: int, language: Language) -> Raw:
        """Approved stores (of a kind), nearest first, each with how far it is."""
        near = _place(wanted, {"q": wanted.q, "cursor": wanted.cursor})
        rows = await self._stores(near, kind_id, limit)
        cards = [answers.store_card(row, language) | _distance(near, row) for row in rows]
        return {"data": cards, "page": NO_PAGE}

    async def products(self, wanted: ListProducts, limit: int, language: Language) -> Raw:
        """Products of the nearest stores: store by store, in each the newest first."""
        others = wanted.model_dump(exclude={"near", "radius_m", "limit"})
        near = _place(wanted, others)
        stores = [row for row in await self._stores(near, None, MOST_STORES) if row["productCount"] > 0]
        rows = await self._goods(stores, limit)
        rank = {row["_id"]: number for number, row in enumerate(stores)}
        # Sorted twice, for the newer id comes first within the nearer store.
        rows.sort(key=lambda row: str(row["_id"]), reverse=True)
        rows.sort(key=lambda row: rank[row["storeId"]])
        far = {row["_id"]: _distance(near, row) for row in stores}
        cards = [answers.product_card(row, language) | far[row["storeId"]] for row in rows[:limit]]
        return {"data": cards, "page": NO_PAGE}

    async def _goods(self, stores: list[Raw], limit: int) -> list[Raw]:
        """All products of as many of the nearest stores as the page has room for, and the newest of the next one."""
        whole: list[str] = []
        room = limit
        rest = iter(stores)
        for store in rest:
            if store["productCount"] >= room:
                last = await self._reads.list_products("newest", limit, None, store_id=store["_id"])
                return await self._of(whole, limit) + last
            whole.append(store["_id"])
            room -= store["productCount"]
        return await self._of(whole, limit)

    async def _of(self, store_ids: list[str], limit: int) -> list[Raw]:
        return await self._reads.list_products_of(store_ids, limit=2 * limit) if store_ids else []

    async def _stores(self, near: Near, kind_id: str | None, limit: int) -> list[Raw]:
        if kind_id is None:
            rows = await _or_unsupported(lambda: self._reads.list_stores_near(near, limit=limit))
        else:
            rows = await _or_unsupported(lambda: self._reads.list_stores_of_kind_near(near, kind_id, limit=limit))
        if not in_order(near, rows):
            raise _unsupported()
        return rows


def in_order(near: Near, rows: list[Raw]) -> bool:
    """Whether the server really gave the nearest first.

    The Python stand-in finds what is near but knows no order: what it left out for the limit may be nearer, so
    sorting here would only hide that.
    """
    metres = [metres_to(near, row["location"]) for row in rows]
    return all(before <= after + SLACK_M for before, after in pairwise(metres))


async def _or_unsupported(read: Callable[[], Awaitable[list[Raw]]]) -> list[Raw]:
    try:
        return await read()
    except DaraaError as error:
        if getattr(error.__cause__, "code", None) not in CANNOT:
            raise
        raise _unsupported() from error


def _unsupported() -> DaraaError:
    return DaraaError(
        errors.NEAR_UNSUPPORTED,
        "This database server cannot search by place.",
        hint="Ask without near.",
        ar="اطلب القائمة دون near.",
    )


def _place(wanted: ListStores | ListProducts, others: Raw) -> Near:
    taken = sorted(name for name, value in others.items() if value is not None)
    if taken:
        raise DaraaError(
            errors.NEAR_ALONE,
            f"near does not go with {', '.join(taken)}: the nearest come on one page.",
            hint="Leave the others out.",
            parameter=taken[0],
            ar="لا يجتمع near مع " + "، ".join(taken) + ".",
        )
    near = place(wanted.near or "", wanted.radius_m)
    if near is None:
        raise DaraaError(
            errors.NEAR_INVALID,
            "near is no place on earth.",
            hint="Send latitude,longitude in degrees, e.g. 32.62,36.1.",
            parameter="near",
            ar="أرسل خط العرض ثم خط الطول بالدرجات، مثل 32.62,36.1.",
        )
    return near


def _distance(near: Near, store: Raw) -> Raw:
    return {"distance_metres": metres_to(near, store["location"])}
