"""The refusals of payments and refunds, in both languages."""

from daraa.kernel.errors import DaraaError, register

WALLET_SHARE = register(
    "payments.wallet.share", status=422, en="The wallet cannot pay this much", ar="لا يمكن للمحفظة دفع هذا القدر"
)
INTENT_FINISHED = register(
    "payments.intent.finished", status=409, en="This payment has ended", ar="انتهت عملية الدفع هذه"
)
PAYMENT_STATE = register(
    "payments.payment.state", status=409, en="The payment is in another state", ar="الدفعة في حالة أخرى"
)
REFUND_EXCEEDED = register(
    "payments.refund.exceeded", status=409, en="No more can be given back", ar="لا يمكن رد أكثر من ذلك"
)
REFUND_IMPOSSIBLE = register(
    "payments.refund.impossible", status=422, en="It cannot go back this way", ar="لا يمكن رد المبلغ بهذه الطريقة"
)


def intent_finished(status: str) -> DaraaError:
    """The intent failed or expired: a new checkout or top-up makes a new one."""
    return DaraaError(
        INTENT_FINISHED,
        f"This payment has {status}.",
        hint="Begin a new one.",
        ar="انتهت عملية الدفع؛ ابدأ عملية جديدة.",
        intent_status=status,
    )


def payment_state(payment_id: str, wanted: str) -> DaraaError:
    """A payment is not where this step begins."""
    return DaraaError(
        PAYMENT_STATE,
        f"The payment cannot be {wanted} in its present state.",
        hint="Read it again; somebody else has moved it.",
        ar="غيّر شخص آخر حالة الدفعة؛ اقرأها من جديد.",
        payment_id=payment_id,
    )
