"""The refusals of the inventory, each with what to do instead, in both languages."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from daraa.kernel.errors import DaraaError, register

SHORT = register("inventory.stock.short", status=409, en="There is not enough stock", ar="الكمية المتوفرة لا تكفي")
BUSY = register(
    "inventory.stock.busy",
    status=503,
    retryable=True,
    en="Too many are buying this at once",
    ar="عدد كبير يشتري هذا المنتج الآن",
)
BELOW_ZERO = register(
    "inventory.adjustment.below_zero", status=409, en="Stock cannot go below zero", ar="لا يمكن أن يقل المخزون عن الصفر"
)
KIND_WRONG = register(
    "inventory.adjustment.wrong_kind", status=422, en="A delivery cannot take stock away", ar="التوريد لا ينقص المخزون"
)
TOO_MUCH = register(
    "inventory.adjustment.too_much", status=422, en="That is too much stock", ar="الكمية أكبر من المسموح"
)
VARIANT_UNKNOWN = register("inventory.variant.unknown", status=404, en="No such variant", ar="لا يوجد صنف كهذا")
STOCK_UNKNOWN = register("inventory.stock.unknown", status=404, en="No such stock", ar="لا يوجد مخزون كهذا")


@dataclass(frozen=True, slots=True)
class Shortage:
    """What was asked of one variant, and what there was."""

    variant_id: str
    wanted: int
    available: int


def short_of(lines: Sequence[Shortage]) -> DaraaError:
    """Somebody else was faster, or there never was so much."""
    return DaraaError(
        SHORT,
        f"There is not enough stock of {len(lines)} variant{'s' if len(lines) > 1 else ''}.",
        hint="Lower the quantities to what is available, or take these variants out.",
        lines=[asdict(line) for line in lines],
        ar="خفض الكميات إلى المتوفر منها أو احذف هذه الأصناف.",
    )


def busy(variant_id: str) -> DaraaError:
    """A stock row holds as many attempts as it may; each is over within the minute."""
    return DaraaError(
        BUSY,
        "As many purchases as one stock row can hold are under way.",
        hint="Send it again in some seconds.",
        variant_id=variant_id,
        ar="أعد المحاولة بعد ثوان.",
    )


def below_zero(available: int, delta: int) -> DaraaError:
    """What is held or allocated belongs to buyers already, so only what is available can be taken away."""
    return DaraaError(
        BELOW_ZERO,
        f"Only {available} can be taken away; the rest belongs to orders.",
        hint="Take away less, or cancel orders first.",
        available=available,
        delta=delta,
        ar=f"يمكن إنقاص {available} على الأكثر؛ الباقي محجوز لطلبات.",
    )


def wrong_kind() -> DaraaError:
    """`receive` with a negative delta."""
    return DaraaError(
        KIND_WRONG,
        "A delivery of goods adds stock.",
        hint="Send kind=adjust to take stock away.",
        ar="أرسل kind=adjust لإنقاص المخزون.",
    )


def too_much(most: int) -> DaraaError:
    """More on hand than one row may count."""
    return DaraaError(
        TOO_MUCH,
        f"One stock row counts at most {most} pieces.",
        hint="Send a smaller delta.",
        ar=f"الحد الأقصى {most} قطعة.",
    )


def variant_unknown() -> DaraaError:
    """The same answer for a variant that does not exist and one of another store."""
    return DaraaError(
        VARIANT_UNKNOWN,
        "This store has no such variant.",
        hint="Check variant_id.",
        ar="لا يوجد صنف كهذا في المتجر.",
    )


def stock_unknown() -> DaraaError:
    """The same answer for a stock row that does not exist and one of another store."""
    return DaraaError(STOCK_UNKNOWN, "This store has no such stock.", hint="Check the id.", ar="لا يوجد مخزون كهذا.")
