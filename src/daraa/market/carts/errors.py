"""The refusals of carts, each with what to do instead, in both languages."""

from daraa.kernel.errors import DaraaError, register

PLACING = register(
    "carts.cart.placing", status=409, retryable=True, en="The cart is being ordered", ar="السلة قيد الطلب الآن"
)
EMPTY = register("carts.cart.empty", status=422, en="The cart is empty", ar="السلة فارغة")
BURNED = register(
    "carts.attempt.burned",
    status=409,
    retryable=True,
    en="This try took too long and was given up",
    ar="استغرقت المحاولة وقتا طويلا وألغيت",
)
KEY_UNKNOWN = register("carts.key.unknown", status=404, en="No such guest cart", ar="لا توجد سلة زائر كهذه")
LINE_UNKNOWN = register(
    "carts.line.unknown", status=404, en="The cart has no such line", ar="لا يوجد سطر كهذا في السلة"
)
VARIANT_UNKNOWN = register("carts.variant.unknown", status=404, en="No such variant", ar="لا يوجد صنف كهذا")
NOT_FOR_SALE = register("carts.variant.not_for_sale", status=422, en="This is not for sale", ar="هذا غير معروض للبيع")
CURRENCY_MIXED = register(
    "carts.currency.mixed", status=422, en="One cart has one currency", ar="لا تجمع السلة بين عملتين"
)
LINES_LIMIT = register("carts.lines.limit", status=422, en="The cart is full", ar="السلة ممتلئة")
QUANTITY_LIMIT = register(
    "carts.quantity.limit", status=422, en="That is too many of one kind", ar="الكمية أكبر من المسموح"
)
NOT_FOR_GUESTS = register("carts.guest.refused", status=403, en="This needs an account", ar="هذا يتطلب حسابا")


def placing() -> DaraaError:
    """The cart belongs to a checkout that is under way; it ends or is given up within the minute."""
    return DaraaError(
        PLACING,
        "This cart is being ordered right now.",
        hint="Wait some seconds and read the cart again.",
        ar="انتظر ثوان ثم اقرأ السلة من جديد.",
    )


def empty() -> DaraaError:
    """There is nothing to order."""
    return DaraaError(
        EMPTY, "There is nothing in the cart.", hint="Add something first.", ar="أضف شيئا إلى السلة أولا."
    )


def burned() -> DaraaError:
    """The attempt's cart went back to its owner; what the attempt held is given back."""
    return DaraaError(
        BURNED,
        "The cart is no longer in this attempt.",
        hint="Read the cart and check out again.",
        ar="اقرأ السلة ثم أعد الطلب.",
    )


def key_unknown() -> DaraaError:
    """A guest's key that nobody gave out, or whose cart is gone."""
    return DaraaError(
        KEY_UNKNOWN,
        "There is no cart with this key; it may have expired.",
        hint="Ask for a new one with POST /v1/carts/guest.",
        ar="قد تكون انتهت صلاحيتها؛ اطلب واحدة جديدة.",
    )


def line_unknown() -> DaraaError:
    """The variant is not in the cart."""
    return DaraaError(
        LINE_UNKNOWN, "The cart has no line of this variant.", hint="Read the cart again.", ar="اقرأ السلة من جديد."
    )


def variant_unknown() -> DaraaError:
    """Nobody sells this."""
    return DaraaError(VARIANT_UNKNOWN, "There is no such variant.", hint="Check variant_id.", ar="تحقق من variant_id.")


def not_for_sale(reason: str) -> DaraaError:
    """The store, the product or the variant is shut; `reason` says which."""
    return DaraaError(
        NOT_FOR_SALE, "This cannot be bought now.", hint="Choose another.", reason=reason, ar="اختر صنفا آخر."
    )


def currency_mixed(cart: str, variant: str) -> DaraaError:
    """The sum of two currencies is no price."""
    return DaraaError(
        CURRENCY_MIXED,
        f"The cart is in {cart}, and this is sold in {variant}.",
        hint="Order or empty the cart first.",
        currency=cart,
        ar=f"السلة بعملة {cart} وهذا الصنف بعملة {variant}.",
    )


def lines_limit(most: int) -> DaraaError:
    """As many different variants as one cart may hold."""
    return DaraaError(
        LINES_LIMIT, f"A cart holds at most {most} lines.", hint="Take something out.", ar=f"تتسع السلة لـ {most} سطر."
    )


def quantity_limit(most: int) -> DaraaError:
    """As many pieces of one variant as one line may hold."""
    return DaraaError(
        QUANTITY_LIMIT, f"A line holds at most {most} pieces.", hint="Ask for less.", ar=f"يتسع السطر لـ {most} قطعة."
    )


def not_for_guests() -> DaraaError:
    """Guests have no addresses."""
    return DaraaError(
        NOT_FOR_GUESTS, "Guests have no addresses.", hint="Log in and merge the cart.", ar="سجل الدخول ثم ادمج السلة."
    )
