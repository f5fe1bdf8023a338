"""The catalog's front door: what shoppers may ask, turned into bounded reads and finished answers."""

from collections.abc import Mapping
from typing import Any

from daraa.collections.categories import CATEGORIES
from daraa.collections.products import PRODUCTS, ProductStatus
from daraa.collections.store_categories import STORE_CATEGORIES
from daraa.collections.store_owner_profiles import STORE_OWNER_PROFILES
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import is_id
from daraa.kernel.languages import Language
from daraa.kernel.money import INT64_MAX
from daraa.kernel.settings import ApiSettings
from daraa.market.catalog import answers, errors
from daraa.market.catalog.nearby import Nearby
from daraa.market.catalog.repository import QUERIES, After, CatalogRepository, Raw
from daraa.market.catalog.schemas import ListProducts, ListStores, Sort
from daraa.market.catalog.search import all_of, stems, wanted_words
from daraa.market.catalog.tree import CategoryTree
from daraa.market.cursor import CursorSigner, Position
from daraa.stores.mongo import Mongo

START = Position((), {})
RELIED_ON = QUERIES
"""The queries whose indexes must stand for the catalog to work."""


class Catalog:
    """Only active products of stores that may sell, and approved stores. At most two database commands a call."""

    def __init__(self, mongo: Mongo, signer: CursorSigner, settings: ApiSettings) -> None:
        self._mongo = mongo
        self._repository = CatalogRepository(mongo)
        self._nearby = Nearby(self._repository)
        self._tree = CategoryTree(self._repository.list_categories)
        self._signer = signer
        self._settings = settings

    async def warm(self) -> None:
        """Read what is kept in memory, so that no request has to."""
        await self._tree.rows()

    async def close(self) -> None:
        """Stop what runs behind the requests."""
        await self._tree.close()

    async def categories(self, language: Language) -> Raw:
        """The category tree, at most 30 s old."""
        return {"data": answers.category_tree(await self._tree.rows(), language)}

    async def category(self, key: str, language: Language) -> Raw:
        """One category by slug or id, with its children."""
        row = await self._repository.find_category(key, by_id=is_id(key, CATEGORIES.prefix))
        if row is None:
            raise _category_unknown(key)
        children = await self._repository.list_category_children(row["_id"])
        return {"data": _with_children(row, children, language)}

    async def store_kinds(self, language: Language) -> Raw:
        """The tree of kinds of stores."""
        return {"data": answers.category_tree(await self._repository.list_store_kinds(), language)}

    async def store_kind(self, key: str, language: Language) -> Raw:
        """One kind of store by slug or id, with those below it."""
        row = await self._repository.find_kind(key, by_id=is_id(key, STORE_CATEGORIES.prefix))
        if row is None:
            raise _category_unknown(key)
        children = await self._repository.list_kind_children(row["_id"])
        return {"data": _with_children(row, children, language)}

    async def stores(self, wanted: ListStores, language: Language) -> Raw:
        """One page of approved stores, newest first; or the nearest ones."""
        limit = self._limit(wanted.limit)
        _check_radius(wanted)
        if wanted.near is not None:
            kind_id = await self._kind_id(wanted.category) if wanted.category is not None else None
            return await self._nearby.stores(wanted, kind_id, limit, language)
        words = stems(wanted_words(wanted.q)) if wanted.q is not None else ()
        identity = {"list": "stores", "category": wanted.category, "words": words}
        start = START if wanted.cursor is None else self._signer.read(wanted.cursor, identity)
        scope = dict(start.scope)
        if wanted.cursor is None and wanted.category is not None:
            scope["kind_id"] = await self._kind_id(wanted.category)
        filters: dict[str, Any] = scope | ({"words": words} if words else {})
        rows = await self._repository.list_stores(limit + 1, start.after or None, **filters)
        page = self._page(rows, limit, "newest", scope, identity)
        return {"data": [answers.store_card(row, language) for row in rows[:limit]], "page": page}

    async def store(self, key: str, language: Language) -> Raw:
        """An approved store by slug or id."""
        return {"data": answers.store_detail(await self._get_store(key), language)}

    async def products(self, wanted: ListProducts, language: Language) -> Raw:
        """One page of products; or those of the nearest stores."""
        limit = self._limit(wanted.limit)
        _check_radius(wanted)
        if wanted.near is not None:
            return await self._nearby.products(wanted, limit, language)
        words = wanted_words(wanted.q) if wanted.q is not None else ()
        order = self._order(wanted, words)
        if order == "relevance":
            return await self._best(words, limit, language)
        identity = {"list": "products", "order": order, "words": words} | wanted.model_dump(
            include={"category", "store", "min_price", "max_price"}
        )
        start = START if wanted.cursor is None else self._signer.read(wanted.cursor, identity)
        scope = await self._scope(wanted) if wanted.cursor is None else start.scope
        filters: dict[str, Any] = dict(scope)
        if words:
            filters["words"] = stems(words)
        elif order != "newest":
            filters |= _price_range(wanted, order, start.after or None)
        rows = await self._repository.list_products(order, limit + 1, start.after or None, **filters)
        page = self._page(rows, limit, order, scope, identity)
        return {"data": [answers.product_card(row, language) for row in rows[:limit]], "page": page}

    async def product(self, key: str, language: Language) -> Raw:
        """A product by slug or id, with its variants."""
        row = await self._repository.find_product(key, by_id=is_id(key, PRODUCTS.prefix))
        if row is None:
            raise DaraaError(
                errors.PRODUCT_UNKNOWN,
                "There is no product with this slug or id on offer.",
                hint="Find products with GET /v1/products.",
                ar="لا يوجد منتج معروض بهذا الاسم أو الرقم.",
            )
        return {"data": answers.product_detail(row, await self._repository.list_variants(row["_id"]), language)}

    async def count_by_state(self, store_id: str, status: ProductStatus, *, at_most: int) -> int:
        """How many products of a store are in that state, counting no further than `at_most`."""
        return await self._repository.count_by_state(store_id, status, at_most=at_most)

    async def _best(self, words: tuple[str, ...], limit: int, language: Language) -> Raw:
        rows = await self._repository.list_best(all_of(words), limit)
        page = {"next_cursor": None, "has_more": False}
        return {"data": [answers.product_card(row, language) for row in rows], "page": page}

    def _order(self, wanted: ListProducts, words: tuple[str, ...]) -> str:
        """The key of repository.LISTS, or `relevance`; DaraaError for combinations that no index serves."""
        sort = wanted.sort or Sort.NEWEST
        if sort not in (Sort.CHEAPEST, Sort.DEAREST) and not wanted.min_price is wanted.max_price is None:
            raise DaraaError(
                errors.PRICES_UNSORTED,
                "min_price and max_price work only together with the order by price.",
                hint="Add sort=price or sort=-price.",
                parameter="sort",
                ar="أضف sort=price أو sort=-price لتحديد مجال الأسعار.",
            )
        if sort is Sort.RELEVANCE:
            self._check_relevance(wanted, words)
            return "relevance"
        if words and sort is not Sort.NEWEST:
            raise _sort_unsupported(
                "Search results cannot be sorted by price.", "لا يمكن ترتيب نتائج البحث حسب السعر؛ احذف sort."
            )
        return "found" if words else str(sort)

    def _check_relevance(self, wanted: ListProducts, words: tuple[str, ...]) -> None:
        if not words:
            raise _sort_unsupported("sort=relevance needs a search in q.", "الترتيب حسب الصلة يتطلب عبارة بحث q.")
        if wanted.category or wanted.store or wanted.cursor:
            raise _sort_unsupported(
                "sort=relevance takes no category, store or cursor: the best matches come on one page.",
                "الترتيب حسب الصلة لا يقبل تصنيفا أو متجرا أو مؤشرا.",
            )
        if not self._mongo.capabilities.text:
            raise _sort_unsupported(
                "This database server has no text search, so it cannot rank matches.",
                "خادم قاعدة البيانات لا يدعم الترتيب حسب الصلة.",
            )

    def _limit(self, asked: int | None) -> int:
        most = self._settings.page_size_max
        if asked is None:
            return min(self._settings.page_size, most)
        if asked > most:
            raise DaraaError(
                errors.LIMIT_EXCEEDED,
                f"A page holds at most {most} items.",
                hint=f"Ask for limit={most} or less, and follow page.next_cursor.",
                parameter="limit",
                ar=f"أقصى عدد في الصفحة {most}.",
            )
        return asked

    async def _scope(self, wanted: ListProducts) -> Mapping[str, str]:
        """The filters as ids. The first page finds them out and the cursor carries them, so later pages need not."""
        scope = {}
        if wanted.category is not None:
            scope["category_id"] = await self._category_id(wanted.category)
        if wanted.store is not None:
            scope["store_id"] = (await self._get_store(wanted.store))["_id"]
        return scope

    async def _category_id(self, key: str) -> str:
        found = await self._tree.find_id(key)
        if found is None:
            row = await self._repository.find_category(key, by_id=is_id(key, CATEGORIES.prefix))
            if row is None:
                raise _category_unknown(key)
            found = str(row["_id"])
        return found

    async def _kind_id(self, key: str) -> str:
        row = await self._repository.find_kind(key, by_id=is_id(key, STORE_CATEGORIES.prefix))
        if row is None:
            raise _category_unknown(key)
        return str(row["_id"])

    async def _get_store(self, key: str) -> Raw:
        row = await self._repository.find_store(key, by_id=is_id(key, STORE_OWNER_PROFILES.prefix))
        if row is None:
            raise DaraaError(
                errors.STORE_UNKNOWN,
                "There is no open store with this slug or id.",
                hint="Find stores with GET /v1/stores.",
                ar="لا يوجد متجر مفتوح بهذا الاسم أو الرقم.",
            )
        return row

    def _page(
        self, rows: list[Raw], limit: int, order: str, scope: Mapping[str, str], identity: Mapping[str, Any]
    ) -> Raw:
        """`rows` holds one more than the page when there is more."""
        if len(rows) <= limit:
            return {"next_cursor": None, "has_more": False}
        position = Position(_sort_values(rows[limit - 1], order), scope)
        return {"next_cursor": self._signer.sign(position, identity), "has_more": True}


def _sort_values(row: Raw, order: str) -> tuple[Any, ...]:
    return (row["priceFrom"]["amount"], row["_id"]) if order in ("price", "-price") else (row["_id"],)


def _check_radius(wanted: ListProducts | ListStores) -> None:
    if wanted.radius_m is not None and wanted.near is None:
        raise DaraaError(
            errors.RADIUS_ALONE,
            "radius_m works only together with near.",
            hint="Add near=latitude,longitude.",
            parameter="radius_m",
            ar="أضف near لتحديد الموقع.",
        )


def _price_range(wanted: ListProducts, order: str, after: After) -> dict[str, int]:
    """Both bounds, drawn in to the cursor's price: a server that uses only one of two conditions then reads little."""
    low, high = wanted.min_price or 0, INT64_MAX if wanted.max_price is None else wanted.max_price
    if low > high:
        raise DaraaError(
            errors.PRICES_CROSSED,
            "min_price is above max_price.",
            hint="Swap them.",
            parameter="min_price",
            ar="أدنى سعر أكبر من أعلى سعر.",
        )
    if after is not None and order == "price":
        low = after[0]
    elif after is not None:
        high = after[0]
    return {"min_price": low, "max_price": high}


def _with_children(row: Raw, children: list[Raw], language: Language) -> Raw:
    below = [answers.category_node(each, language) for each in children]
    return answers.category_node(row, language) | {"children": below}


def _category_unknown(key: str) -> DaraaError:
    return DaraaError(
        errors.CATEGORY_UNKNOWN,
        f"There is no category {key!r}.",
        hint="GET /v1/categories and GET /v1/store-categories list them.",
        ar="لا يوجد تصنيف بهذا الاسم أو الرقم.",
    )


def _sort_unsupported(problem: str, ar: str) -> DaraaError:
    return DaraaError(
        errors.SORT_UNSUPPORTED, problem, hint="Leave sort out for newest first.", parameter="sort", ar=ar
    )
