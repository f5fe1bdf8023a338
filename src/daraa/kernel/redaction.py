"""Takes out of texts and values what must never be written down: secrets, codes, and what tells who somebody is."""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

HIDDEN = "[redacted]"
DEEPEST = 6

_SENSITIVE_WORDS = frozenset(
    {
        *("password", "passwd", "passphrase", "pwd", "secret", "secrets", "token", "authorization", "cookie"),
        *("credential", "credentials", "otp", "pin", "cvv", "cvc", "apikey", "privatekey", "signature"),
        *("phone", "mobile", "email", "iban"),
    }
)
_SENSITIVE_PAIRS = frozenset({("api", "key"), ("private", "key"), ("access", "key"), ("card", "number")})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

# One pass, first alternative wins: what must survive (ids, times, versions) comes before what looks like a number.
# `\d` matches the digits of every script, so that ٠٩٣٣١٢٣٤٥٦ is seen as the telephone number it is.
# Arabic writes short words onto the next one (بـ, ل, و), so only Latin letters before a number make it part of a name.
_RULES = re.compile(
    r"""
    (?P<keep>
        \b(?:[a-z]{2,5}_)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b    # ids
      | \b(?:19|20)\d\d-[01]\d-[0-3]\d(?!\d)(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?    # times
    )
  | (?P<url>[a-z][a-z0-9+.-]{0,20}://)[^\s/?\#"'<>]+@    # user and password of an address
  | (?P<scheme>\b(?:bearer|basic)\s+)[\w.~+/=-]{6,}
  | (?P<jwt>\beyJ[\w-]+\.[\w-]+\.[\w-]*)
  | (?P<name>["']?(?<![^\W_])(?:[\w-]{0,40}[_-]|(?-i:[a-z]{1,40}(?=[A-Z])))?
        (?:password|passwd|passphrase|pwd|secret|token|authorization|cookie|credentials?|otp|pin|cvv|cvc
          |api[_-]?key|private[_-]?key|access[_-]?key)
        ["']?\s*[:=]\s*)
        (?:"[^"]*"|'[^']*'|(?:(?:bearer|basic)\s+)?[^\s,;&"'{}]+)
  | (?P<spoken>(?:(?<!error[ ])(?<!status[ ])(?<!exit[ ])\b(?:code|otp|pin)|رمز|كود|كلمة\s+المرور|كلمة\s+السر)
        (?:\s+[^\W\d]+){0,2}\s*[:=]?\s*)\d[\d-]{2,9}\d(?!\w)
  | (?P<email>[\w.!%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+)
  | (?P<phone>(?<![a-z_\d.-])(?:\+|[0٠۰]{1,2})[ ]?\(?\d(?:[\s()./‑–-]{0,2}\d){6,14}(?![a-z_\d]))
  | (?P<card>(?<![a-z_\d.-])\d{4}(?P<gap>[ -])\d{4}(?P=gap)\d{4}(?P=gap)\d{1,7}(?![a-z_\d]))
  | (?P<digits>(?<![a-z_\d.])\d{9,}(?![a-z_\d]|\.\d))
    """,
    re.VERBOSE | re.IGNORECASE,
)


def redact_text(text: str) -> str:
    """The text without secrets, telephone numbers, e-mail addresses, credentials in addresses and long digit codes.

    Ids, dates and short numbers stay, because a log without them helps nobody.
    """
    return _RULES.sub(_replace, text)


def _replace(found: re.Match[str]) -> str:
    if found["keep"]:
        return found[0]
    if found["url"]:
        return f"{found['url']}{HIDDEN}@"
    for lead in ("scheme", "name", "spoken"):
        if found[lead]:
            return found[lead] + HIDDEN
    return HIDDEN


def is_sensitive_key(key: str) -> bool:
    """True when a value under this key must not be shown whatever it looks like (`newPassword`, `phone_number`)."""
    words = [word.lower() for word in _WORD.findall(key)]
    return any(word in _SENSITIVE_WORDS for word in words) or any(pair in _SENSITIVE_PAIRS for pair in pairwise(words))


def redact_value(value: Any, *, deepest: int = DEEPEST) -> Any:
    """The same for a JSON-like value: texts are redacted, values under sensitive keys hidden whole."""
    if deepest < 0:
        return HIDDEN
    if isinstance(value, Mapping):
        return {
            redact_text(str(key)): HIDDEN
            if is_sensitive_key(str(key)) and inner is not None
            else redact_value(inner, deepest=deepest - 1)
            for key, inner in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        return [redact_value(inner, deepest=deepest - 1) for inner in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return redact_text(str(value))
