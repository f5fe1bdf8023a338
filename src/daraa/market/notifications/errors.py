"""The refusals of notifications, each with what to do instead, in both languages."""

from collections.abc import Sequence

from daraa.kernel.errors import DaraaError, register

CHOICE_FIXED = register(
    "notifications.choice.fixed", status=422, en="This cannot be turned off", ar="لا يمكن إيقاف هذا الإشعار"
)
CHOICE_REPEATED = register("notifications.choice.repeated", status=422, en="A choice is made twice", ar="اختيار مكرر")
QUIET_INVALID = register(
    "notifications.quiet.invalid", status=422, en="These quiet hours make no sense", ar="ساعات الهدوء غير صالحة"
)
MARK_INVALID = register(
    "notifications.mark.invalid", status=422, en="Say which notifications were read", ar="حدد الإشعارات المقروءة"
)
KEY_UNKNOWN = register(
    "notifications.template.unknown", status=422, en="No message has this key", ar="لا توجد رسالة بهذا المفتاح"
)
TEXT_INVALID = register(
    "notifications.template.invalid", status=422, en="The text cannot be filled in", ar="لا يمكن ملء النص"
)
STATE_WRONG = register(
    "notifications.template.state", status=409, en="Only a draft can be published", ar="تنشر المسودات فقط"
)


def choice_fixed(type_: str, channel: str) -> DaraaError:
    """Somebody turns off what must reach them."""
    return DaraaError(
        CHOICE_FIXED,
        f"{type_} over {channel} cannot be turned off.",
        hint="Leave it out.",
        of_type=type_,
        channel=channel,
        ar="لا يمكن إيقاف إشعارات الأمان ولا إشعارات التطبيق.",
    )


def choice_repeated(type_: str, channel: str) -> DaraaError:
    """The same type and channel come twice."""
    return DaraaError(
        CHOICE_REPEATED, f"{type_} over {channel} comes twice.", hint="Say it once.", ar="أرسل كل اختيار مرة واحدة."
    )


def quiet_invalid(problem: str, ar: str) -> DaraaError:
    """Quiet hours that have no length or no place on earth."""
    return DaraaError(QUIET_INVALID, problem, hint="E.g. 22:00 to 07:00 in Asia/Damascus.", ar=ar)


def mark_invalid() -> DaraaError:
    """Neither or both of the two ways to say what was read."""
    return DaraaError(
        MARK_INVALID,
        "Give either `ids` or `up_to`.",
        hint="`up_to` marks that one and everything older.",
        ar="أرسل ids أو up_to، لا كليهما.",
    )


def key_unknown(key: str, near: str) -> DaraaError:
    """A template for a message that nobody sends."""
    return DaraaError(
        KEY_UNKNOWN, f"No message has the key {key!r}.", hint=near, ar="استخدم مفتاحا من مفاتيح الرسائل المعروفة."
    )


def text_invalid(problem: str, offered: Sequence[str], ar: str) -> DaraaError:
    """A text whose slots cannot be filled."""
    slots = ", ".join(f"{{{name}}}" for name in offered) or "none"
    return DaraaError(TEXT_INVALID, problem, hint=f"This message offers: {slots}.", offered=list(offered), ar=ar)


def state_wrong(state: str) -> DaraaError:
    """Publishing what is published or retired."""
    return DaraaError(
        STATE_WRONG,
        f"This version is {state} already.",
        hint="Create a new draft; published texts never change.",
        state=state,
        ar="أنشئ مسودة جديدة؛ النصوص المنشورة لا تتغير.",
    )
