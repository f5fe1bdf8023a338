"""The two trees in the database, for those who tend them: categories of products and kinds of stores."""

from collections.abc import Mapping, Sequence
from typing import Any

from daraa.collections.categories import CATEGORIES, Category
from daraa.collections.products import ACTIVE, PRODUCTS, Product, ProductStatus
from daraa.collections.store_categories import STORE_CATEGORIES, StoreCategory
from daraa.collections.store_owner_profiles import STORE_OWNER_PROFILES, StoreOwnerProfile
from daraa.declare import Present, Query, asc, desc, eq, matching
from daraa.market.found import After
from daraa.stores.mongo import Mongo, Table
from daraa.stores.mongo.session import Session

CATEGORY_BY_ID = Query(CATEGORIES, "by_id", serves="by id", where=(eq("id"),))
CATEGORY_CHILDREN = Query(
    CATEGORIES,
    "children",
    serves="children of a category in order",
    where=(eq("parent_id"),),
    sort=(asc("order"),),
)
CATEGORY_BELOW = Query(
    CATEGORIES,
    "below",
    serves="everything below a category",
    where=(eq("ancestors", "ancestor_id"),),
)
CATEGORIES_MOVED = Query(
    CATEGORIES,
    "moved",
    serves="categories whose subtree lags behind, longest first",
    where=(Present("moved_at"),),
    sort=(asc("moved_at"),),
)
KIND_BY_ID = Query(STORE_CATEGORIES, "by_id", serves="by id", where=(eq("id"),))
KIND_CHILDREN = Query(
    STORE_CATEGORIES,
    "children",
    serves="kinds of stores below a kind in order",
    where=(eq("parent_id"),),
    sort=(asc("order"),),
)
KINDS_BY_TEXT = Query(STORE_CATEGORIES, "by_text", serves="kinds of stores by text", where=(matching(),))
STORES_AHEAD = Query(
    STORE_OWNER_PROFILES,
    "ahead_of_goods",
    serves="stores whose products lag behind, longest first",
    where=(Present("goods_due_at"),),
    sort=(asc("goods_due_at"),),
)
STORE_AHEAD = Query(STORE_OWNER_PROFILES, "ahead_of_its_goods", serves="by id", where=(eq("id"),))
GOODS_OF_STORE = Query(
    PRODUCTS,
    "to_follow_their_store",
    serves="a store's products by state, newest first",
    where=(eq("store_id"), eq("status")),
    sort=(desc("id"),),
)
GOODS_BELOW = Query(
    PRODUCTS,
    "to_follow_their_category",
    serves="a category's active products, newest first",
    where=(ACTIVE, eq("category_path", "category_id")),
    sort=(desc("id"),),
)
MOST_BELOW = 5000


class TreeRepository:
    """Categories, active or not."""

    def __init__(self, mongo: Mongo) -> None:
        self._categories = Table(CATEGORIES, mongo)

    async def find(self, category_id: str, *, session: Session | None = None) -> Category | None:
        """The category with that id."""
        return await self._categories.find_one(CATEGORY_BY_ID, session=session, id=category_id)

    async def list_children(self, parent_id: str | None, *, session: Session | None = None) -> list[Category]:
        """The children of a category, or the roots for None, in order."""
        return await self._categories.find(CATEGORY_CHILDREN, limit=MOST_BELOW, session=session, parent_id=parent_id)

    async def list_below(self, ancestor_id: str, *, session: Session | None = None) -> list[Category]:
        """Everything below a category, in no order."""
        return await self._categories.find(CATEGORY_BELOW, limit=MOST_BELOW, session=session, ancestor_id=ancestor_id)

    async def list_moved(self, *, limit: int, session: Session | None = None) -> list[Category]:
        """Categories that moved and whose subtree does not follow yet, the longest waiting first."""
        return await self._categories.find(CATEGORIES_MOVED, limit=limit, session=session)

    async def insert(self, category: Category, *, session: Session) -> None:
        """Add a category; `stores.key.duplicate` when its slug is taken."""
        await self._categories.insert(category, session=session)

    async def change(self, guard: Mapping[str, Any], update: Mapping[str, Any], *, session: Session) -> Category | None:
        """Change the category that matches the guard; None when none does."""
        return await self._categories.update_and_get(guard, update, session=session)


class KindRepository:
    """Kinds of stores, active or not."""

    def __init__(self, mongo: Mongo) -> None:
        self._kinds = Table(STORE_CATEGORIES, mongo)

    async def find(self, kind_id: str, *, session: Session | None = None) -> StoreCategory | None:
        """The kind with that id."""
        return await self._kinds.find_one(KIND_BY_ID, session=session, id=kind_id)

    async def list_children(self, parent_id: str | None, *, session: Session | None = None) -> list[StoreCategory]:
        """The kinds below a kind, or the upper ones for None, in order."""
        return await self._kinds.find(KIND_CHILDREN, limit=MOST_BELOW, session=session, parent_id=parent_id)

    async def list_by_text(self, folded: str, *, limit: int) -> list[StoreCategory]:
        """The kinds that match the folded words, best first; only on a server that has text indexes."""
        return await self._kinds.find(KINDS_BY_TEXT, limit=limit, text=folded)

    async def insert(self, kind: StoreCategory, *, session: Session) -> None:
        """Add a kind; `stores.key.duplicate` when its slug is taken."""
        await self._kinds.insert(kind, session=session)

    async def change(
        self, guard: Mapping[str, Any], update: Mapping[str, Any], *, session: Session
    ) -> StoreCategory | None:
        """Change the kind that matches the guard; None when none does."""
        return await self._kinds.update_and_get(guard, update, session=session)


class FollowRepository:
    """Products that copy something of their store or category, and the stores that ran ahead of them."""

    def __init__(self, mongo: Mongo) -> None:
        self._stores = Table(STORE_OWNER_PROFILES, mongo)
        self._products = Table(PRODUCTS, mongo)

    async def list_stores_ahead(self, *, limit: int) -> list[StoreOwnerProfile]:
        """Stores whose products do not follow yet, the longest waiting first."""
        return await self._stores.find(STORES_AHEAD, limit=limit)

    async def find_store(self, store_id: str, *, session: Session | None = None) -> StoreOwnerProfile | None:
        """The store as it is now."""
        return await self._stores.find_one(STORE_AHEAD, session=session, id=store_id)

    async def list_goods_of_store(
        self, store_id: str, status: ProductStatus, *, limit: int, after: After = None
    ) -> list[Product]:
        """A store's products of a state, newest first."""
        return await self._products.find(GOODS_OF_STORE, limit=limit, after=after, store_id=store_id, status=status)

    async def list_goods_below(self, category_id: str, *, limit: int, after: After = None) -> list[Product]:
        """The active products of a category and all below it, newest first."""
        return await self._products.find(GOODS_BELOW, limit=limit, after=after, category_id=category_id)

    async def change_goods(
        self, ids: Sequence[str], guard: Mapping[str, Any], update: Mapping[str, Any], *, session: Session
    ) -> int:
        """Change those of the products that match the guard; how many did."""
        return await self._products.update_many({"id": {"$in": tuple(ids)}, **guard}, update, session=session)

    async def change_store(self, guard: Mapping[str, Any], update: Mapping[str, Any], *, session: Session) -> bool:
        """Change the store that matches the guard."""
        return await self._stores.update_one(guard, update, session=session)
