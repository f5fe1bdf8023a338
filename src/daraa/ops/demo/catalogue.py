"""The products of one store: texts in both languages, variants with prices, and stock that its sales will draw on."""

from datetime import datetime, timedelta

from daraa.collections.formulas import inventory_id
from daraa.collections.inventories import MAIN
from daraa.kernel.search_fields import product_search
from daraa.ops.demo.chance import Dice, Source
from daraa.ops.demo.foundation import Foundation
from daraa.ops.demo.goods import CATEGORIES, CHOICES, FIRST_PRODUCT, FOOD_TRAITS, MAKERS, TRAITS, Good, Words
from daraa.ops.demo.rows import PIASTRES, Row, Rows, money, row
from daraa.ops.demo.shops import Product, Store, Variant


def stock_products(base: Foundation, store: Store, rows: Rows, dice: Dice) -> None:
    """Give a store its products; stock stays at zero until the cell's sales are known (`stock.fill_shelves`)."""
    for place in range(store.products_wanted):
        store.products.append(_product(base, store, place, rows, dice))


def _product(base: Foundation, store: Store, place: int, rows: Rows, dice: Dice) -> Product:
    number = store.number * 30 + place
    good = store.kind.goods[place % len(store.kind.goods)]
    maker, trait = dice.pick(MAKERS), dice.pick(FOOD_TRAITS if store.kind.root == "food" else TRAITS)
    if number == 0:
        good, maker, trait = FIRST_PRODUCT
    # One product in eight is new; the others are old enough to have sold over the whole year.
    age = dice.between(1, 300) if dice.chance(0.125) else dice.between(366, 530)
    at = base.source.days_ago(age) + timedelta(seconds=dice.below(86_400))
    name = Words(f"{good.name.ar} {maker.ar} {trait.ar}", f"{maker.en} {good.name.en}, {trait.en}")
    image = f"demo/products/{good.slug}.webp"
    id_ = base.source.id("prd", at, str(number))
    product = Product(id_, store, name.as_document(), at, {}, image)
    prices = _variants(base.source, product, good, number, rows, dice)
    product.raw = (
        row(id_, at)
        | _texts(base, store, good, maker, name)
        | {
            "storeId": store.id,
            "slug": f"{good.slug}-{maker.en.lower().replace(' ', '-')}-{number + 1}",
            "unit": good.unit,
            "status": "active" if place != 29 else "draft",
            "media": [image],
            "priceFrom": money(min(prices)),
            "priceTo": money(max(prices)),
            "inStock": False,
            "rating": {"sum": 0, "count": 0},
            "variantCount": len(prices),
            "store": store.signboard | {"open": True},
        }
    )
    rows["products"].append(product.raw)
    return product


def _texts(base: Foundation, store: Store, good: Good, maker: Words, name: Words) -> Row:
    category = CATEGORIES[good.category][1]
    path = base.categories[good.category]
    tags = (category.ar, category.en.lower())
    search = product_search(name, maker.ar, tags, category)
    return {
        "categoryId": path[-1],
        "categoryPath": list(path),
        "name": name.as_document(),
        "description": {
            "ar": f"{name.ar}، من {store.name.ar}. جودة مضمونة وتوصيل سريع.",
            "en": f"{name.en}. Sold by {store.name.en}; quality you can trust, delivered fast.",
        },
        "brand": maker.ar,
        "tags": list(tags),
        "searchText": search.text,
        "searchWords": list(search.words),
        "attributes": [{"k": "maker", "v": maker.ar}, {"k": "origin", "v": "درعا" if store.number % 2 else "دمشق"}],
    }


def _variants(source: Source, product: Product, good: Good, number: int, rows: Rows, dice: Dice) -> list[int]:
    """Variants of a product; returns their prices, which are whole multiples of five pounds."""
    price = dice.between(good.least // 5, good.most // 5) * 5 * PIASTRES
    choices = CHOICES.get(good.choice, ())[: dice.between(2, 3)] if dice.chance(0.3) else ()
    for place, choice in enumerate(choices or (None,)):
        at = product.at + timedelta(seconds=place + 1)
        sku = f"{good.slug[:12].upper()}-{number + 1}-{place + 1}"
        id_ = source.id("var", at, f"{number}:{place}")
        costs = price * (place + 1) if good.choice == "weight" else price
        stock = _stock_row(product, id_, at)
        product.variants.append(Variant(id_, product, sku, costs, stock, at))
        options = {"name": choice.as_document(), "options": {good.choice: choice.en}} if choice else {"options": {}}
        rows["product_variants"].append(
            row(id_, at)
            | {"productId": product.id, "storeId": product.store.id, "sku": sku, **options}
            | {"price": money(costs), "weightGrams": 250 * (place + 1), "status": "active"}
        )
        rows["price_histories"].append(
            row(source.id("prh", at, f"{number}:{place}"), at)
            | {"variantId": id_, "storeId": product.store.id, "price": money(costs)}
            | {"changedBy": product.store.owner, "reason": "السعر الأول"}
        )
        rows["inventories"].append(stock)
    return [variant.price for variant in product.variants]


def _stock_row(product: Product, variant: str, at: datetime) -> Row:
    return row(inventory_id(product.store.id, variant), at) | {
        "storeId": product.store.id,
        "productId": product.id,
        "variantId": variant,
        "place": MAIN,
        "available": 0,
        "held": 0,
        "allocated": 0,
        "onHand": 0,
        "holds": [],
        "lowAt": 5,
        "isLow": False,
    }
