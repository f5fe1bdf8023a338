"""Why a message to our hooks is refused."""

from daraa.kernel.errors import DaraaError, register

BODY_MALFORMED = register(
    "webhooks.body.malformed", status=400, en="The message cannot be understood", ar="تعذر فهم الرسالة"
)
BODY_TOO_LARGE = register("webhooks.body.large", status=413, en="The message is too large", ar="الرسالة كبيرة جدا")


def malformed(why: str) -> DaraaError:
    """Rightly signed, but no message of ours."""
    return DaraaError(
        BODY_MALFORMED, f"The message cannot be understood: {why}.", hint="Nothing was changed.", ar="تعذر فهم الرسالة."
    )
