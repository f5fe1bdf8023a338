"""Makes catalog documents that are whole and valid, with only what a test cares about said by the test."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from daraa.collections.categories import CATEGORIES, Category
from daraa.collections.parts import Rating
from daraa.collections.product_variants import PRODUCT_VARIANTS, ProductVariant, VariantStatus
from daraa.collections.products import PRODUCTS, Attribute, Product, ProductStatus, StoreCopy
from daraa.collections.store_categories import STORE_CATEGORIES, StoreCategory
from daraa.collections.store_owner_profiles import STORE_OWNER_PROFILES, Review, StoreOwnerProfile, StoreStatus
from daraa.declare import Collection, Document, Localized
from daraa.declare.document import stamp
from daraa.kernel.ids import id_at
from daraa.kernel.money import Money
from daraa.kernel.text import fold, search_words
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.codec import encode

START = datetime(2026, 1, 1, tzinfo=UTC)
_COUNT = itertools.count(1)


def next_id(prefix: str) -> tuple[str, datetime]:
    """A new id and the moment in it; ids made later sort later."""
    number = next(_COUNT)
    when = START + timedelta(seconds=number)
    return id_at(prefix, when, number.to_bytes(10, "big")), when


def words(ar: str, en: str) -> dict[str, Any]:
    """The search fields of a thing with these names."""
    return {"search_text": fold(f"{ar} {en}"), "search_words": search_words(ar, en)}


def a_category(slug: str, *, parent: Category | None = None, order: int = 0, **more: Any) -> Category:
    key, when = next_id("cat")
    above = {} if parent is None else {"parent_id": parent.id, "ancestors": (*parent.ancestors, parent.id)}
    depth = 0 if parent is None else parent.depth + 1
    name = Localized(ar=f"تصنيف {slug}", en=f"Category {slug}")
    return Category(id=key, slug=slug, **stamp(when), **{"name": name, "depth": depth, "order": order, **above, **more})


def a_kind(slug: str, **more: Any) -> StoreCategory:
    key, when = next_id("sct")
    name = Localized(ar=f"نوع {slug}", en=f"Kind {slug}")
    return StoreCategory(id=key, slug=slug, search_text=fold(slug), **stamp(when), **{"name": name, **more})


def a_store(slug: str, *, kinds: Iterable[StoreCategory] = (), **more: Any) -> StoreOwnerProfile:
    key, when = next_id("sto")
    owner, _ = next_id("acc")
    fields: dict[str, Any] = {
        "name": Localized(ar=f"متجر {slug}", en=f"Store {slug}"),
        "status": StoreStatus.APPROVED,
        "review": Review(submitted_at=when),
        "category_ids": tuple(kind.id for kind in kinds),
        "phone": "+963933123456",
        "tax_number": "TAX-77",
        "payout_account": "IBAN-88",
        **more,
    }
    name = fields["name"]
    return StoreOwnerProfile(id=key, account_id=owner, slug=slug, **stamp(when), **words(name.ar, name.en), **fields)


def a_product(store: StoreOwnerProfile, category: Category, *, price: int = 1000, **more: Any) -> Product:
    key, when = next_id("prd")
    number = int(key[-6:], 16)
    fields: dict[str, Any] = {
        "slug": f"product-{number}",
        "name": Localized(ar=f"منتج {number}", en=f"Product {number}"),
        "description": Localized(ar="وصف المنتج", en="What it is"),
        "status": ProductStatus.ACTIVE,
        "attributes": (Attribute(k="color", v="red"), Attribute(k="weight", v="2", u="kg")),
        "media": ("front.jpg", "back.jpg"),
        "rating": Rating(sum=9, count=2),
        "in_stock": True,
        "store": StoreCopy(name=store.name, slug=store.slug, open=store.status is StoreStatus.APPROVED),
        "price_from": Money(amount=price, currency="SYP"),
        "price_to": Money(amount=price + 500, currency="SYP"),
        **more,
    }
    name = fields["name"]
    return Product(
        id=key, store_id=store.id, category_id=category.id, category_path=(*category.ancestors, category.id),
        **stamp(when), **words(name.ar, name.en), **fields,
    )  # fmt: skip


def a_variant(product: Product, **more: Any) -> ProductVariant:
    key, when = next_id("var")
    fields = {"sku": f"SKU-{key[-6:]}", "options": {"size": "L"}, "price": product.price_from, **more}
    return ProductVariant(id=key, product_id=product.id, store_id=product.store_id, **stamp(when), **fields)


@dataclass
class Shop:
    """A small market in a database: two open stores, a suspended one, a category tree, products of every state."""

    mongo: Mongo
    categories: dict[str, Category] = field(default_factory=dict)
    kinds: dict[str, StoreCategory] = field(default_factory=dict)
    stores: dict[str, StoreOwnerProfile] = field(default_factory=dict)
    products: list[Product] = field(default_factory=list)
    variants: list[ProductVariant] = field(default_factory=list)

    @property
    def shown(self) -> list[Product]:
        """What shoppers may see."""
        return [each for each in self.products if each.status is ProductStatus.ACTIVE and each.store.open]

    async def add(self, collection: Collection[Any], *documents: Document) -> None:
        """Write documents as they are."""
        await self.mongo.collection(collection).insert_many([encode(each) for each in documents])

    async def add_products(self, *products: Product) -> None:
        """Write products and remember them."""
        await self.add(PRODUCTS, *products)
        self.products += products


async def open_shop(mongo: Mongo, products: int = 60) -> Shop:
    """Fill an empty database; prices repeat on purpose, so that ties cross the borders of pages."""
    shop = Shop(mongo)
    fashion = a_category("fashion", order=1)
    shoes = a_category("shoes", parent=fashion)
    food = a_category("food", order=2)
    hidden = a_category("hidden", is_active=False)
    shop.categories = {each.slug: each for each in (fashion, shoes, food, hidden)}
    bakery, dress = a_kind("bakery"), a_kind("dress")
    shop.kinds = {each.slug: each for each in (bakery, dress)}
    open_stores = (a_store("ahmad-shoes", kinds=(dress,)), a_store("hawran-bread", kinds=(bakery, dress)))
    shut = (
        a_store("shut", status=StoreStatus.SUSPENDED, kinds=(dress,)),
        a_store("not-yet", status=StoreStatus.PENDING),
    )
    shop.stores = {each.slug: each for each in (*open_stores, *shut)}
    made = []
    for number in range(products):
        store = [*open_stores, shut[0]][number % 3]
        status = list(ProductStatus)[number % 4] if number % 5 == 0 else ProductStatus.ACTIVE
        made.append(a_product(store, (shoes, food)[number % 2], price=1000 + number % 4 * 100, status=status))
    shop.variants = [a_variant(made[1]), a_variant(made[1]), a_variant(made[1], status=VariantStatus.INACTIVE)]
    await shop.add(CATEGORIES, *shop.categories.values())
    await shop.add(STORE_CATEGORIES, *shop.kinds.values())
    await shop.add(STORE_OWNER_PROFILES, *shop.stores.values())
    await shop.add_products(*made)
    await shop.add(PRODUCT_VARIANTS, *shop.variants)
    return shop
