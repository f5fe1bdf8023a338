"""The refusals of wallets and the ledger, each with what to do instead, in both languages."""

from daraa.kernel.errors import DaraaError, register

FROZEN = register("wallets.wallet.frozen", status=423, en="The wallet is frozen", ar="المحفظة مجمدة")
CLOSED = register("wallets.wallet.closed", status=423, en="The wallet is closed", ar="المحفظة مغلقة")
SHORT = register("wallets.balance.short", status=409, en="The balance is too low", ar="الرصيد غير كاف")
STATE = register(
    "wallets.wallet.state", status=409, en="The wallet is not in that state", ar="حالة المحفظة لا تسمح بذلك"
)
CURRENCY_OTHER = register(
    "wallets.currency.other", status=422, en="The wallet has another currency", ar="المحفظة بعملة أخرى"
)
TO_ONESELF = register(
    "wallets.transfer.self", status=422, en="A wallet cannot pay itself", ar="لا يمكن التحويل إلى المحفظة نفسها"
)
RULES_MISSING = register(
    "wallets.rules.missing", status=503, en="There is no commission rule", ar="لا توجد قاعدة عمولة"
)
RULE_LAST = register(
    "wallets.rules.last", status=409, en="This is the last general rule", ar="هذه آخر قاعدة عامة سارية"
)
RULE_ENDED = register("wallets.rules.ended", status=409, en="The rule has ended", ar="انتهت هذه القاعدة")
RULE_INVALID = register("wallets.rules.invalid", status=422, en="The rule makes no sense", ar="القاعدة غير صالحة")
WITHDRAWAL_DECIDED = register(
    "wallets.withdrawal.decided", status=409, en="The withdrawal is decided already", ar="تم البت في طلب السحب"
)
FOUR_EYES = register(
    "wallets.approval.own", status=403, en="Somebody else must approve this", ar="يجب أن يوافق شخص آخر"
)
REVERSAL_STATE = register(
    "wallets.reversal.state", status=409, en="The reversal is not in that state", ar="حالة طلب العكس لا تسمح بذلك"
)
NOT_REVERSIBLE = register(
    "wallets.journal.final", status=422, en="This journal cannot be reversed", ar="لا يمكن عكس هذا القيد"
)


def frozen() -> DaraaError:
    """Debits of a frozen wallet; credits still arrive."""
    return DaraaError(
        FROZEN,
        "The wallet is frozen: money may come in, but not go out.",
        hint="Ask the support of the platform.",
        ar="المحفظة مجمدة: يمكن استقبال المال ولا يمكن إخراجه؛ تواصل مع الدعم.",
    )


def closed() -> DaraaError:
    """A closed wallet takes nothing and gives nothing."""
    return DaraaError(
        CLOSED, "The wallet is closed.", hint="Use another wallet.", ar="المحفظة مغلقة؛ استخدم محفظة أخرى."
    )


def short() -> DaraaError:
    """Less is there than is asked for. How much is there is not told: the payer may be somebody else."""
    return DaraaError(
        SHORT,
        "The wallet holds less than this needs.",
        hint="Top the wallet up, or choose a smaller amount.",
        ar="الرصيد أقل من المبلغ المطلوب؛ اشحن المحفظة أو اختر مبلغا أصغر.",
    )


def currency_other(wanted: str, has: str) -> DaraaError:
    """Money of one currency cannot be put into or taken from a wallet of another."""
    return DaraaError(
        CURRENCY_OTHER,
        f"The wallet is kept in {has}, not in {wanted}.",
        hint=f"Send an amount in {has}.",
        ar=f"عملة المحفظة {has}.",
    )


def rules_missing() -> DaraaError:
    """Nothing may be sold before the platform has said which share it takes."""
    return DaraaError(
        RULES_MISSING,
        "There is no general commission rule in force.",
        hint="Run `daraa market seed`, or create one with POST /v1/admin/commission-rules.",
        ar="لا توجد قاعدة عمولة عامة سارية.",
    )


def own_approval() -> DaraaError:
    """Money that one person asks for is let go by another."""
    return DaraaError(
        FOUR_EYES,
        "You have asked for this yourself.",
        hint="Let another admin decide it.",
        ar="أنت صاحب الطلب؛ يجب أن يبت فيه مدير آخر.",
    )


def withdrawal_decided() -> DaraaError:
    """A decision is final."""
    return DaraaError(
        WITHDRAWAL_DECIDED,
        "Somebody has decided this withdrawal already.",
        hint="Read it again.",
        ar="تم البت في طلب السحب؛ اقرأه من جديد.",
    )


def rule_invalid(field: str, problem: str) -> DaraaError:
    """A commission rule whose parts contradict each other."""
    return DaraaError(
        RULE_INVALID, problem, hint=f"Correct {field}.", field=field, ar=f"القاعدة غير متسقة؛ صحح الحقل {field}."
    )


def rule_ended() -> DaraaError:
    """What has ended cannot be ended or replaced again."""
    return DaraaError(
        RULE_ENDED,
        "The rule has ended, or somebody else has just changed it.",
        hint="Read the rules again.",
        ar="انتهت القاعدة أو غيرها مدير آخر؛ اقرأ القواعد من جديد.",
    )


def not_reversible() -> DaraaError:
    """Mirrors and points are not mirrored."""
    return DaraaError(
        NOT_REVERSIBLE,
        "A mirror or a journal of points cannot be reversed.",
        hint="Post the right event instead.",
        ar="لا يمكن عكس قيد عكسي أو قيد نقاط.",
    )


def reversal_state(state: str) -> DaraaError:
    """The request is not where the caller thinks it is."""
    return DaraaError(
        REVERSAL_STATE,
        f"The request to reverse this journal is {state}.",
        hint="Read it again.",
        state=state,
        ar="حالة طلب العكس تغيرت؛ اقرأها من جديد.",
    )
