"""The refusals at the door, at the store's counter and at the hub."""

from daraa.kernel.errors import DaraaError, register
from daraa.kernel.money import Money

PIN_WRONG = register("fulfilment.pin.wrong", status=422, en="The PIN is wrong", ar="الرقم السري غير صحيح")
PIN_LOCKED = register("fulfilment.pin.locked", status=409, en="Too many wrong PINs", ar="محاولات كثيرة خاطئة")
CASH_MISMATCH = register(
    "fulfilment.cash.mismatch", status=422, en="The cash is not what is due", ar="النقود لا تطابق المبلغ المستحق"
)
REMITTANCE_EMPTY = register(
    "fulfilment.remittance.empty", status=422, en="There is no cash to hand in", ar="لا توجد نقود للتسليم"
)
REMITTANCE_CLAIMED = register(
    "fulfilment.remittance.claimed", status=409, en="This cash is declared already", ar="تم التصريح عن هذه النقود"
)
REMITTANCE_STATE = register(
    "fulfilment.remittance.state", status=409, en="The remittance is not in that state", ar="حالة التسليم لا تسمح بهذا"
)
COUNT_MISMATCH = register(
    "fulfilment.remittance.mismatch",
    status=409,
    en="The count differs from the declaration",
    ar="العد لا يطابق التصريح",
)


def pin_wrong() -> DaraaError:
    """How many tries are left is not told."""
    return DaraaError(
        PIN_WRONG,
        "This is not the customer's PIN.",
        hint="Ask the customer for the four digits of the order's tracking page.",
        ar="اطلب من الزبون الأرقام الأربعة الظاهرة في صفحة تتبع الطلب.",
    )


def pin_locked() -> DaraaError:
    """The PIN can no longer be used for this task."""
    return DaraaError(
        PIN_LOCKED,
        "Too many wrong PINs were tried for this task.",
        hint="Deliver with a photo and the place instead.",
        ar="سلم الطلب بإثبات صورة وموقع بدلا من الرقم السري.",
    )


def cash_mismatch(due: Money | None, collected: Money | None) -> DaraaError:
    """The customer pays exactly what is due, or nothing is handed over."""
    return DaraaError(
        CASH_MISMATCH,
        "The cash collected is not what is due.",
        hint="Collect exactly what is due, or report the attempt as failed.",
        ar="حصل المبلغ المستحق تماما أو سجل تعذر التسليم.",
        due=None if due is None else due.model_dump(),
        collected=None if collected is None else collected.model_dump(),
    )


def remittance_empty() -> DaraaError:
    """Nothing was collected, or everything is declared or handed in already."""
    return DaraaError(
        REMITTANCE_EMPTY,
        "There is no cash that is not declared yet.",
        hint="GET /v1/courier/cash shows what you carry.",
        ar="لا توجد نقود لم يصرح عنها بعد.",
    )


def remittance_claimed(order_ids: list[str]) -> DaraaError:
    """Cash that is in another remittance, remitted already or was never collected by this courier."""
    return DaraaError(
        REMITTANCE_CLAIMED,
        "Some of this cash is not yours to declare (any more).",
        hint="GET /v1/courier/cash shows what you carry.",
        ar="بعض هذه النقود غير متاح للتصريح عنه.",
        orders=order_ids,
    )


def remittance_state(state: str, wanted: str) -> DaraaError:
    """A step that the remittance's state does not allow."""
    return DaraaError(
        REMITTANCE_STATE,
        f"A remittance that is {state} cannot be {wanted}.",
        hint="Read it again.",
        ar="حالة التسليم لا تسمح بهذا؛ اقرأها من جديد.",
        state=state,
        wanted=wanted,
    )


def count_mismatch(declared: Money, counted: Money) -> DaraaError:
    """Nothing is booked before courier and hub agree; the count stays on the remittance as a note."""
    return DaraaError(
        COUNT_MISMATCH,
        "What was counted is not what was declared; nothing is booked.",
        hint="Count again, or let the courier withdraw the declaration. The count is kept on the remittance.",
        ar="العد لا يطابق التصريح؛ لم يسجل شيء. أعد العد أو ليسحب المندوب تصريحه.",
        declared=declared.model_dump(),
        counted=counted.model_dump(),
    )
