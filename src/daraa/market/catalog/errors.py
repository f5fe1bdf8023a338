"""The refusals of the catalog, each with what to do instead, in both languages."""

from daraa.kernel.errors import DaraaError, register

SEARCH_INVALID = register(
    "catalog.search.invalid", status=400, en="The search cannot be understood", ar="تعذر فهم عبارة البحث"
)
PRICES_UNSORTED = register(
    "catalog.prices.unsorted",
    status=400,
    en="A price range needs the order by price",
    ar="تحديد السعر يتطلب الترتيب حسب السعر",
)
PRICES_CROSSED = register("catalog.prices.crossed", status=400, en="The price range is empty", ar="مجال الأسعار فارغ")
SORT_UNSUPPORTED = register(
    "catalog.sort.unsupported", status=400, en="This order is not possible here", ar="هذا الترتيب غير ممكن هنا"
)
LIMIT_EXCEEDED = register(
    "catalog.limit.exceeded", status=400, en="The page would be too long", ar="الصفحة أطول من المسموح"
)
CATEGORY_UNKNOWN = register("catalog.category.unknown", status=404, en="No such category", ar="لا يوجد تصنيف كهذا")
STORE_UNKNOWN = register("catalog.store.unknown", status=404, en="No such store", ar="لا يوجد متجر كهذا")
PRODUCT_UNKNOWN = register("catalog.product.unknown", status=404, en="No such product", ar="لا يوجد منتج كهذا")


def search_invalid(problem: str, ar: str) -> DaraaError:
    """A search text that holds nothing to look for, or things that no text holds."""
    return DaraaError(
        SEARCH_INVALID, problem, hint="Send one to eight words of letters or digits.", parameter="q", ar=ar
    )


SLUG_TAKEN = register("catalog.slug.taken", status=409, en="The name in the address is taken", ar="الاسم محجوز")
SKU_TAKEN = register("catalog.sku.taken", status=409, en="The store has this sku already", ar="رمز الصنف مستخدم")
CATEGORY_UNFIT = register(
    "catalog.category.unfit", status=422, en="Nothing can be put into this category", ar="لا يمكن استخدام هذا التصنيف"
)
CATEGORY_CYCLE = register(
    "catalog.category.cycle", status=422, en="A category cannot be below itself", ar="لا يكون التصنيف تحت نفسه"
)
CATEGORY_DEEP = register(
    "catalog.category.deep", status=422, en="The tree would be too deep", ar="الشجرة أعمق من المسموح"
)
CATEGORY_MOVING = register(
    "catalog.category.moving", status=409, retryable=True, en="A category is being moved", ar="يجري نقل تصنيف"
)
CURRENCY_UNFIT = register("catalog.currency.unfit", status=422, en="This currency does not fit", ar="العملة غير مناسبة")
PRICE_UNFIT = register("catalog.price.unfit", status=422, en="The prices contradict each other", ar="الأسعار متناقضة")
ATTRIBUTE_UNFIT = register(
    "catalog.attribute.unfit", status=422, en="An attribute does not fit the category", ar="خاصية لا تناسب التصنيف"
)
PRODUCT_STATE = register(
    "catalog.product.state", status=409, en="The product's state does not allow this", ar="حالة المنتج لا تسمح بهذا"
)
VARIANT_LAST = register(
    "catalog.variant.last", status=409, en="It is the last variant on offer", ar="هذا آخر نوع معروض"
)
VARIANTS_MANY = register("catalog.variants.many", status=409, en="Too many variants", ar="عدد الأنواع كبير")
FILTER_SINGLE = register("catalog.filter.single", status=400, en="Ask by one thing at a time", ar="حدد مرشحا واحدا فقط")
NEAR_ALONE = register("catalog.near.alone", status=400, en="A place does not go with that", ar="لا يجتمع الموقع مع ذلك")
NEAR_INVALID = register("catalog.near.invalid", status=400, en="This is no place", ar="هذا ليس موقعا")
RADIUS_ALONE = register("catalog.radius.alone", status=400, en="A radius needs a place", ar="نصف القطر يحتاج إلى موقع")
NEAR_UNSUPPORTED = register(
    "catalog.near.unsupported",
    status=501,
    en="This server cannot search by place",
    ar="البحث بحسب الموقع غير متاح على هذا الخادم",
)


def slug_taken(slug: str) -> DaraaError:
    """Something else has the name."""
    return DaraaError(
        SLUG_TAKEN, f"The slug {slug!r} is taken.", hint="Choose another one.", ar=f"الاسم {slug} محجوز؛ اختر غيره."
    )


def sku_taken(skus: str) -> DaraaError:
    """The store has a variant with such an sku."""
    return DaraaError(
        SKU_TAKEN,
        f"The store has a variant with the sku {skus} already.",
        hint="An sku names one variant of a store, also when it is no longer offered.",
        ar="رمز الصنف مستخدم في متجرك؛ اختر غيره.",
    )
