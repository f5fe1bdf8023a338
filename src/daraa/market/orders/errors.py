"""What an order or its placement may be refused for."""

from daraa.kernel.errors import register

FORBIDDEN = register(
    "orders.state.forbidden", status=409, en="The order does not allow this now", ar="حالة الطلب لا تسمح بهذا الآن"
)
UNPAID = register("orders.payment.awaited", status=409, en="The order is not paid yet", ar="لم يدفع ثمن الطلب بعد")
PRICE_CHANGED = register("orders.price.changed", status=409, en="The total has changed", ar="تغير المجموع")
UNSELLABLE = register(
    "orders.line.unsellable", status=409, en="Something in the cart is not sold now", ar="في السلة ما لا يباع الآن"
)
CASH_REFUSED = register(
    "orders.cash.refused",
    status=422,
    en="Cash is not taken for this order",
    ar="لا يمكن دفع هذا الطلب نقدا",
)
WALLET_SHORT = register(
    "orders.wallet.short", status=409, en="The wallet does not hold enough", ar="رصيد المحفظة لا يكفي"
)
PAYMENT_INVALID = register(
    "orders.payment.invalid", status=422, en="The order cannot be paid like this", ar="لا يمكن الدفع بهذه الطريقة"
)
CURRENCY_MIXED = register(
    "orders.currency.mixed", status=422, en="The cart holds several currencies", ar="في السلة أكثر من عملة"
)
TOTAL_HIGH = register("orders.total.high", status=422, en="The total is too high", ar="المجموع مرتفع جدا")
