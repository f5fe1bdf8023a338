"""What the routes of accounts take and give."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from daraa.collections.accounts import Account, AccountStatus, Role
from daraa.collections.parts import Locale
from daraa.collections.sessions import Session
from daraa.market.http import Input

PhoneIn = Annotated[
    str,
    StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$", max_length=16),
    Field(description="The telephone number in E.164 form.", examples=["+963933123456"]),
]
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, pattern=r"^[^\x00-\x1f\x7f\u2028\u2029]+$")
]
"""One line of text without control characters."""
NameIn = Annotated[Line, StringConstraints(max_length=120)]
DeviceIn = Annotated[Line, StringConstraints(max_length=200), Field(description="What its owner calls the device.")]
EmailIn = Annotated[
    str,
    StringConstraints(max_length=254, pattern=r"^[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$"),
]
PasswordIn = Annotated[str, StringConstraints(min_length=1, max_length=128)]


class CodeWanted(Input):
    """Who wants to log in."""

    phone: PhoneIn


class CodeLogin(Input):
    """The code that came by SMS. `name` is used when the number is new."""

    phone: PhoneIn
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
    device: DeviceIn | None = None
    name: NameIn | None = None


class PasswordLogin(Input):
    """Staff only."""

    phone: PhoneIn
    password: PasswordIn
    device: DeviceIn | None = None


class RefreshIn(Input):
    """The refresh token of the last login or refresh; it is spent by this."""

    refresh_token: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class MeChange(Input):
    """A merge patch: what is left out stays; `email: null` takes it away."""

    name: NameIn | None = None
    email: EmailIn | None = None
    locale: Locale | None = None


class PasswordChange(Input):
    """`current_password` is needed once there is one."""

    current_password: PasswordIn | None = None
    new_password: PasswordIn


class Reason(Input):
    """Why; it goes into the audit log."""

    reason: Annotated[Line, StringConstraints(max_length=500)]


class Suspension(Reason):
    """`until` is when it ends by itself; without it somebody has to restore the account."""

    until: AwareDatetime | None = None


class AccountRef(BaseModel):
    """Whose tokens these are, and in which roles they act: never as an admin after a login by code."""

    id: str
    roles: list[Role]


class TokensOut(BaseModel):
    """Two tokens; both times are seconds from now."""

    token_type: str
    access_token: str
    expires_in: int
    refresh_token: str
    refresh_expires_in: int
    account: AccountRef
    is_new: bool


class CodeSent(BaseModel):
    """The same for every number. A code that is asked for earlier than `resend_after` seconds is not sent."""

    expires_in: int
    resend_after: int


class MeOut(BaseModel):
    """What a person sees of their own account."""

    id: str
    phone: str
    name: str
    email: str | None
    locale: Locale
    roles: list[Role]
    currency: str
    has_password: bool
    created_at: datetime


class AccountOut(BaseModel):
    """What an admin sees of an account."""

    id: str
    phone: str
    name: str
    email: str | None
    locale: Locale
    roles: list[Role]
    status: AccountStatus
    suspended_until: datetime | None
    suspension_reason: str | None
    last_login_at: datetime | None
    created_at: datetime


class SessionOut(BaseModel):
    """One device that is logged in; `current` is the one that asks."""

    id: str
    device: str | None
    ip: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    current: bool


def me(account: Account) -> dict[str, Any]:
    """An account for its owner."""
    return MeOut(
        id=account.id, phone=account.phone, name=account.full_name, email=account.email, locale=account.locale,
        roles=list(account.roles), currency=account.default_currency,
        has_password=account.password_hash is not None, created_at=account.created_at,
    ).model_dump(mode="json")  # fmt: skip


def account_row(account: Account) -> dict[str, Any]:
    """An account for an admin."""
    return AccountOut(
        id=account.id, phone=account.phone, name=account.full_name, email=account.email, locale=account.locale,
        roles=list(account.roles), status=account.status, suspended_until=account.suspended_until,
        suspension_reason=account.suspension_reason, last_login_at=account.last_login_at,
        created_at=account.created_at,
    ).model_dump(mode="json")  # fmt: skip


def session_row(session: Session, current: str | None) -> dict[str, Any]:
    """A session for its owner."""
    return SessionOut(
        id=session.id, device=session.device, ip=session.ip, created_at=session.created_at,
        last_seen_at=session.last_seen_at, expires_at=session.expires_at, current=session.id == current,
    ).model_dump(mode="json")  # fmt: skip
