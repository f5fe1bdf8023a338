"""Lets what copies something follow it: products their store, subtrees and products a category that moved.

A decision about a store or a place in the tree is one small write that leaves a mark on the store or category; there
may be a hundred thousand products behind it. A job takes the marks up and rewrites in bounded batches, each in its own
transaction and only what differs, then takes the mark away if it is still the one it saw and has settled: whoever read
the store or category before the mark was left has ended by then, so nobody writes an old copy behind it. Killed
anywhere, it is simply run again. What decides about money (offers, checkout) never reads the copies.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from daraa.collections.categories import Category
from daraa.collections.products import Product, ProductStatus
from daraa.collections.store_owner_profiles import StoreOwnerProfile
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.catalog.figure_service import copy_of
from daraa.market.catalog.goods import path_of
from daraa.market.catalog.tree_repository import FollowRepository, TreeRepository
from daraa.market.patching import update_of
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.session import Session

BATCH = 100
STORES_AT_ONCE = 100
CATEGORIES_AT_ONCE = 20
SETTLED_AFTER = timedelta(seconds=10)
"""Longer than any transaction that writes products; until then a mark is followed again."""
Read = Callable[[tuple[str] | None], Awaitable[list[Product]]]


class Following:
    """The sweepers of copies."""

    def __init__(self, mongo: Mongo, clock: Clock = SYSTEM_CLOCK, *, settled_after: timedelta = SETTLED_AFTER) -> None:
        self._mongo, self._clock, self._settled_after = mongo, clock, settled_after
        self._tree = TreeRepository(mongo)
        self._copies = FollowRepository(mongo)

    async def sweep_stores(self) -> Mapping[str, int]:
        """Let products take over the name and state of their store where they lag behind."""
        stores = await self._copies.list_stores_ahead(limit=STORES_AT_ONCE)
        products = 0
        for store in stores:
            for status in ProductStatus:
                products += await self._follow_store(store.id, status)
            await self._store_done(store)
        return {"stores": len(stores), "products": products}

    async def _follow_store(self, store_id: str, status: ProductStatus) -> int:
        async def read(after: tuple[str] | None) -> list[Product]:
            return await self._copies.list_goods_of_store(store_id, status, limit=BATCH, after=after)

        async def write(page: list[Product]) -> int:
            return await self._mongo.in_transaction(lambda session: self._copy_store(store_id, page, session))

        return await _walk(read, write)

    async def _copy_store(self, store_id: str, page: list[Product], session: Session) -> int:
        """The store is read inside: what is copied is what it is now, not what it was when the walk began."""
        store = await self._copies.find_store(store_id, session=session)
        copy = copy_of(store) if store is not None else None
        behind = [product.id for product in page if product.store != copy]
        if copy is None or not behind:
            return 0
        guard = {"store_id": store_id}
        return await self._copies.change_goods(
            behind, guard, update_of({"store": copy}, self._clock.now()), session=session
        )

    def _settled(self, mark: datetime | None) -> bool:
        return mark is not None and mark + self._settled_after <= self._clock.now()

    async def _store_done(self, store: StoreOwnerProfile) -> None:
        if not self._settled(store.goods_due_at):
            return
        guard = {"id": store.id, "goods_due_at": store.goods_due_at}
        update = update_of({"goods_due_at": None}, self._clock.now())

        async def work(session: Session) -> None:
            await self._copies.change_store(guard, update, session=session)

        await self._mongo.in_transaction(work)

    async def sweep_categories(self) -> Mapping[str, int]:
        """Let subtrees and active products take over the new place of a category that moved."""
        moved = await self._tree.list_moved(limit=CATEGORIES_AT_ONCE)
        categories = products = 0
        for category in moved:
            paths = await self._follow_tree(category)
            categories += len(paths) - 1
            products += await self._follow_paths(category.id, paths)
            await self._category_done(category)
        return {"moves": len(moved), "categories": categories, "products": products}

    async def _follow_tree(self, moved: Category) -> dict[str, tuple[str, ...]]:
        """Level by level below the category; returns the path of each by its id."""
        paths = {moved.id: path_of(moved)}
        level = [moved.id]
        while level:
            found = [await self._follow_children(parent_id) for parent_id in level]
            paths |= {child.id: path_of(child) for children in found for child in children}
            level = [child.id for children in found for child in children]
        return paths

    async def _follow_children(self, parent_id: str) -> list[Category]:
        async def work(session: Session) -> list[Category]:
            parent = await self._tree.find(parent_id, session=session)
            children = await self._tree.list_children(parent_id, session=session)
            return [await self._follow_parent(child, parent, session) for child in children] if parent else []

        return await self._mongo.in_transaction(work)

    async def _follow_parent(self, child: Category, parent: Category, session: Session) -> Category:
        place: dict[str, Any] = {"ancestors": path_of(parent), "depth": parent.depth + 1}
        if (child.ancestors, child.depth) == (place["ancestors"], place["depth"]):
            return child
        update = update_of(place, self._clock.now())
        after = await self._tree.change({"id": child.id, "ver": child.ver}, update, session=session)
        return after or child

    async def _follow_paths(self, category_id: str, paths: Mapping[str, tuple[str, ...]]) -> int:
        async def read(after: tuple[str] | None) -> list[Product]:
            return await self._copies.list_goods_below(category_id, limit=BATCH, after=after)

        async def write(page: list[Product]) -> int:
            groups: dict[str, list[str]] = {}
            for product in page:
                if product.category_path != paths.get(product.category_id, product.category_path):
                    groups.setdefault(product.category_id, []).append(product.id)
            return await self._mongo.in_transaction(lambda session: self._put_paths(groups, paths, session))

        return await _walk(read, write)

    async def _put_paths(
        self, groups: Mapping[str, list[str]], paths: Mapping[str, tuple[str, ...]], session: Session
    ) -> int:
        changed = 0
        for category_id, ids in sorted(groups.items()):
            update = update_of({"category_path": paths[category_id]}, self._clock.now())
            changed += await self._copies.change_goods(ids, {"category_id": category_id}, update, session=session)
        return changed

    async def _category_done(self, category: Category) -> None:
        if not self._settled(category.moved_at):
            return
        guard = {"id": category.id, "moved_at": category.moved_at}
        update = update_of({"moved_at": None}, self._clock.now())

        async def work(session: Session) -> None:
            await self._tree.change(guard, update, session=session)

        await self._mongo.in_transaction(work)


async def _walk(read: Read, write: Callable[[list[Product]], Awaitable[int]]) -> int:
    """Page by page to the end; how many were changed."""
    changed, after = 0, None
    while page := await read(after):
        changed += await write(page)
        after = (page[-1].id,)
        if len(page) < BATCH:
            break
    return changed
