"""One error base and one registry, so that every failure has a stable code, a message and a way out."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class ErrorSpec:
    """What every error of one code shares: HTTP status, whether a retry may help, its title in both languages."""

    code: str
    status: int
    retryable: bool
    en: str
    ar: str


_REGISTRY: dict[str, ErrorSpec] = {}
REGISTRY: Mapping[str, ErrorSpec] = MappingProxyType(_REGISTRY)


def register(code: str, *, status: int, en: str, ar: str, retryable: bool = False) -> str:
    """Add `code` (room.thing.reason) to the registry and return it; the same code twice is a programming error."""
    if code.count(".") != 2 or code != code.lower():
        raise ValueError(f"error code {code!r} must read room.thing.reason in lower case")
    if code in _REGISTRY:
        raise ValueError(f"error code {code!r} is registered twice")
    _REGISTRY[code] = ErrorSpec(code, status, retryable, en, ar)
    return code


class DaraaError(Exception):
    """Any failure Daraa foresees.

    `message` says what happened, `hint` what to do about it; `details` are JSON-ready facts for the caller
    (never a secret). Status and retryability come from the registered code.
    """

    def __init__(self, code: str, message: str, *, hint: str = "", **details: Any) -> None:
        if code not in _REGISTRY:
            raise LookupError(f"error code {code!r} is not registered: call kernel.errors.register first")
        super().__init__(message)
        self.spec = _REGISTRY[code]
        self.message = message
        self.hint = hint
        self.details = details

    @property
    def code(self) -> str:
        """The stable dotted code, e.g. `market.cursor.invalid`."""
        return self.spec.code

    @property
    def retryable(self) -> bool:
        """True when the same call may succeed later without any change."""
        return self.spec.retryable

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class DeclarationError(ValueError):
    """A declaration that makes no sense; raised while the declaring module is imported, so nothing can start on it."""

    def __init__(self, where: str, problem: str, mend: str) -> None:
        super().__init__(f"{where}: {problem}. {mend}")
        self.where, self.problem, self.mend = where, problem, mend


INTERNAL = register(
    "kernel.internal.unexpected", status=500, en="Something went wrong on our side", ar="حدث خطأ من جهتنا"
)
SETTING_INVALID = register("kernel.setting.invalid", status=500, en="A setting is not valid", ar="إعداد غير صالح")
SECRET_MISSING = register("kernel.secret.missing", status=500, en="A secret is missing", ar="سر مفقود")
SECRET_EXPOSED = register("kernel.secret.exposed", status=500, en="A secret is exposed", ar="سر مكشوف")
