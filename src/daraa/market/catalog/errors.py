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
