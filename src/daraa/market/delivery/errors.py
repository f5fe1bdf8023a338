"""The refusals of delivery: of zones, of couriers and of their tasks."""

from collections.abc import Sequence
from typing import Any

from daraa.kernel.errors import DaraaError, register

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
