"""Who acts: the signed-in person (or a job) that a service does something for, with what they may do."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from daraa.collections.accounts import Role
from daraa.collections.sessions import LoginWay
from daraa.kernel.errors import DaraaError, register
from daraa.kernel.ids import new_id

LOGIN_NEEDED = register("accounts.login.needed", status=401, en="Log in first", ar="سجل الدخول أولا")
ROLE_MISSING = register("accounts.role.missing", status=403, en="This is not open to you", ar="هذا غير متاح لك")
RIGHT_MISSING = register("accounts.right.missing", status=403, en="You may not do this", ar="لا يسمح لك بهذا")


@dataclass(frozen=True, slots=True)
class Actor:
    """One signed-in account in one session; a job has neither. `scopes` are an admin's, as `resource:action`.

    A session that began `by` a code never carries the admin's role and scopes.
    """

    account_id: str | None
    session_id: str | None = None
    roles: frozenset[Role] = frozenset()
    scopes: frozenset[str] = frozenset()
    ip: str | None = None
    by: LoginWay | None = None
    request_id: str = field(default_factory=lambda: new_id("req"))

    @property
    def id(self) -> str:
        """The account; a job has none, and asking is a programming error."""
        if self.account_id is None:
            raise TypeError("a job acts for no account")
        return self.account_id

    def require_role(self, role: Role) -> None:
        """DaraaError `accounts.role.missing` unless the account has the role."""
        if role not in self.roles:
            if role is Role.ADMIN and self.by is LoginWay.CODE:
                raise password_needed()
            raise DaraaError(
                ROLE_MISSING,
                f"This is for accounts with the role {role.value}.",
                hint="Log in with another account.",
                ar=f"هذا مخصص لحسابات {role.value}.",
            )

    def require(self, scope: str) -> None:
        """DaraaError `accounts.right.missing` unless an admin holds the scope (`store:approve`)."""
        self.require_role(Role.ADMIN)
        if scope not in self.scopes:
            raise DaraaError(
                RIGHT_MISSING,
                f"This needs the right {scope}.",
                hint="Ask an administrator who may grant it.",
                scope=scope,
                ar=f"هذا يتطلب الصلاحية {scope}.",
            )


JOB = Actor(None, request_id="job")
"""The platform itself, when no person asked: sweepers and consumers of events."""


def password_needed() -> DaraaError:
    """What a session by code is told where admins work; the same whether its account is an admin's or not."""
    return DaraaError(
        ROLE_MISSING,
        "This is for admins who logged in with their password.",
        hint="Log in with your password.",
        ar="هذا للمشرفين الذين دخلوا بكلمة المرور؛ سجل الدخول بكلمة المرور.",
    )


def login_needed() -> DaraaError:
    """The one answer for no token, a bad one, an expired one and a revoked one."""
    return DaraaError(
        LOGIN_NEEDED,
        "This needs a valid access token.",
        hint="Log in, or refresh your token.",
        ar="هذا يتطلب رمز دخول صالحا؛ سجل الدخول أو جدد الرمز.",
    )


def roles_of(names: Iterable[str]) -> frozenset[Role]:
    """Role names as roles; unknown ones grant nothing."""
    known = {role.value: role for role in Role}
    return frozenset(known[name] for name in names if name in known)
