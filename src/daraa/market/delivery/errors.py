"""The refusals of delivery: of zones, of couriers and of their tasks."""

from collections.abc import Sequence
from typing import Any

from daraa.kernel.errors import DaraaError, register
from daraa.stores.mongo.errors import CONFLICT

ZONE_UNSERVED = register(
    "delivery.zone.unserved", status=422, en="Nobody delivers there", ar="لا يوجد توصيل إلى هذا المكان"
)
TOTAL_LOW = register(
    "delivery.total.low",
    status=422,
    en="The order is too small to be delivered there",
    ar="قيمة الطلب أقل من حد التوصيل",
)
CURRENCY_OTHER = register(
    "delivery.currency.other", status=422, en="Delivery there is paid in another currency", ar="عملة التوصيل مختلفة"
)
POLYGON_INVALID = register(
    "delivery.polygon.invalid", status=422, en="This is no area on the map", ar="هذه ليست منطقة صالحة"
)
ZONE_MISPLACED = register(
    "delivery.zone.misplaced", status=422, en="The zone does not belong there", ar="موضع المنطقة غير صالح"
)
CODE_TAKEN = register("delivery.code.taken", status=409, en="The code is in use", ar="الرمز مستخدم")
COURIER_EXISTS = register("delivery.courier.exists", status=409, en="You have applied already", ar="طلبك موجود مسبقا")
COURIER_STATE = register(
    "delivery.courier.state", status=409, en="The courier is not in that state", ar="حالة المندوب لا تسمح بهذا"
)
COURIER_UNTRUSTED = register(
    "delivery.courier.untrusted", status=403, en="You may not deliver (yet)", ar="لا يسمح لك بالتوصيل حاليا"
)
COURIER_FULL = register(
    "delivery.courier.full", status=409, en="You carry as much as you may", ar="بلغت الحد الأقصى من المهام"
)
COURIER_CASH = register(
    "delivery.courier.cash", status=409, en="Hand your cash in first", ar="سلم النقود التي معك أولا"
)
TASK_TAKEN = register("delivery.task.taken", status=409, en="The task is not yours to take", ar="المهمة لم تعد متاحة")
TASK_STATE = register(
    "delivery.task.state", status=409, en="The task is not in that state", ar="حالة المهمة لا تسمح بهذا"
)


def unserved(stores: Sequence[str], zone_id: str | None) -> DaraaError:
    """No active zone covers the place (`zone_id` None), or these stores do not deliver to its zone."""
    words: dict[str, Any] = {"stores": list(stores), "zone_id": zone_id}
    return DaraaError(
        ZONE_UNSERVED,
        "Nobody delivers to this address." if zone_id is None else "These stores do not deliver to this address.",
        hint="Choose another address" + ("." if zone_id is None else ", or leave out what these stores sell."),
        ar="اختر عنوانا آخر أو احذف منتجات المتاجر التي لا توصل إليه.",
        **words,
    )


def courier_exists() -> DaraaError:
    """One account, one courier."""
    return DaraaError(
        COURIER_EXISTS,
        "This account has applied to deliver already.",
        hint="GET /v1/courier/me shows where it stands.",
        ar="قدم هذا الحساب طلبا للتوصيل مسبقا.",
    )


def courier_state(is_: str, wanted: str) -> DaraaError:
    """An admin's decision that does not follow from where the courier stands."""
    return DaraaError(
        COURIER_STATE,
        f"A courier who is {is_} cannot become {wanted}.",
        hint="Read the courier again.",
        ar="حالة المندوب لا تسمح بهذا القرار.",
        verification=is_,
        wanted=wanted,
    )


def courier_currency(currency: str) -> DaraaError:
    """A cash limit in another currency than the cash."""
    return DaraaError(
        CURRENCY_OTHER,
        f"This courier's cash is counted in {currency}.",
        hint=f"Send the limit in {currency}.",
        ar=f"حد النقود يجب أن يكون بعملة {currency}.",
    )


def courier_untrusted(verification: str) -> DaraaError:
    """Pending, rejected and suspended couriers take nothing."""
    return DaraaError(
        COURIER_UNTRUSTED,
        f"Your application is {verification}: you cannot take tasks.",
        hint="GET /v1/courier/me shows why.",
        ar="لا يمكنك استلام المهام قبل الموافقة على طلبك.",
        verification=verification,
    )


def courier_full(most: int) -> DaraaError:
    """I15: never more tasks than the limit."""
    return DaraaError(
        COURIER_FULL,
        f"At most {most} tasks at once.",
        hint="Finish one of them first.",
        ar="أنه إحدى مهامك أولا.",
        max_active=most,
    )


def courier_cash() -> DaraaError:
    """Too much cash in custody."""
    return DaraaError(
        COURIER_CASH,
        "More cash is carried than the limit allows.",
        hint="Declare it with POST /v1/courier/remittances and hand it in at a hub.",
        ar="سلم النقود إلى أحد المراكز أولا.",
    )


def task_taken() -> DaraaError:
    """The offer is over: expired, declined, assigned otherwise or cancelled."""
    return DaraaError(
        TASK_TAKEN,
        "This task is not on offer any more.",
        hint="GET /v1/courier/tasks lists what is.",
        ar="لم تعد هذه المهمة معروضة.",
    )


def task_state(state: str, wanted: str) -> DaraaError:
    """A step that the task's state does not allow."""
    return DaraaError(
        TASK_STATE,
        f"A task that is {state} cannot be {wanted}.",
        hint="Read the task again.",
        ar="حالة المهمة لا تسمح بهذا؛ اقرأها من جديد.",
        state=state,
        wanted=wanted,
    )


def try_again(thing: str) -> DaraaError:
    """Somebody else changed what was read; inside a transaction it is run again."""
    return DaraaError(CONFLICT, f"The {thing} was changed meanwhile.", hint="Read again and retry.")


def polygon_invalid(problem: str) -> DaraaError:
    """What is wrong with a polygon."""
    return DaraaError(
        POLYGON_INVALID,
        f"The polygon is no area: {problem}.",
        hint="Send rings of [longitude, latitude], each closed, none crossing itself or another.",
        ar="أرسل حلقات مغلقة من [خط الطول، خط العرض] لا تتقاطع.",
        problem=problem,
    )


def zone_misplaced(problem: str, ar: str) -> DaraaError:
    """A zone that contradicts itself or its parent."""
    return DaraaError(ZONE_MISPLACED, problem, hint="Correct it and send it again.", ar=ar)


def currencies_differ(currency: str) -> DaraaError:
    """All amounts of a zone, and a store's terms for it, are in one currency."""
    return DaraaError(
        CURRENCY_OTHER,
        f"The amounts of this zone are in {currency}.",
        hint=f"Send all of them in {currency}.",
        ar=f"جميع مبالغ هذه المنطقة بعملة {currency}.",
    )


def code_taken(code: str) -> DaraaError:
    """Another zone has this readable name."""
    return DaraaError(
        CODE_TAKEN, f"Another zone has the code {code!r}.", hint="Choose another code.", ar="اختر رمزا آخر."
    )
