"""The words that every capability's routes share: who is signed in, for which store, with which key and version."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Generic, Protocol, TypeVar

from fastapi import Depends, Header, Path, Request
from fastapi.responses import Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from daraa.collections.accounts import Role
from daraa.kernel.errors import DaraaError, register
from daraa.kernel.ids import ID_PATTERN
from daraa.kernel.languages import Language
from daraa.kernel.money import CURRENCY_PATTERN, INT64_MAX, Money
from daraa.market.actor import Actor
from daraa.market.exact import Exact
from daraa.market.idempotency.service import Answer, Claim, Idempotency, Replayed, fingerprint_of
from daraa.market.tenancy import Memberships, StoreScope

T = TypeVar("T")
VERSION_MISSING = register(
    "market.version.missing", status=428, en="Say which version you change", ar="حدد النسخة التي تعدلها"
)
VERSION_STALE = register("market.version.stale", status=412, en="It was changed meanwhile", ar="تغير في هذه الأثناء")
VERSION_INVALID = register("market.version.invalid", status=400, en="This is no version", ar="هذه ليست نسخة صالحة")
BEARER = HTTPBearer(auto_error=False, bearerFormat="JWT", description="The access token of POST /v1/auth/otp/verify.")


class Input(Exact):
    """The base of every request body: nothing unknown, nothing coerced."""


class Parameters(BaseModel):
    """The base of every query: nothing unknown; numbers and truth values are read from their texts."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class One(BaseModel, Generic[T]):
    """An answer that holds one thing."""

    data: T


class Page(BaseModel):
    """Where the list continues."""

    next_cursor: str | None
    has_more: bool


class ListOf(BaseModel, Generic[T]):
    """An answer that holds one page of things."""

    data: list[T]
    page: Page


class Gate(Protocol):
    """Who knows whom an access token belongs to."""

    async def identify(self, token: str | None, *, ip: str, request_id: str) -> Actor:
        """The actor of the token; `accounts.login.needed` for none, a bad, an expired or a revoked one."""


def provided(kind: type[T]) -> Callable[[Request], Awaitable[T]]:
    """The dependency that hands a route the service of that class, as the assembly made it.

    `Stock = Annotated[Inventory, Depends(provided(Inventory))]`
    """

    async def get(request: Request) -> T:
        found: T = request.app.state.services[kind]
        return found

    return get


async def language_of(request: Request) -> Language:
    """The edge has read Accept-Language and announces the same language in Content-Language."""
    language: Language = request.state.language
    return language


Spoken = Annotated[Language, Depends(language_of)]
IdPath = Annotated[str, Path(pattern=ID_PATTERN, description="An id.")]


async def signed_in(request: Request, token: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]) -> Actor:
    """The account of the access token; `accounts.login.needed` for none, a bad, an expired or a revoked one."""
    gate: Gate = request.app.state.services[Gate]
    actor = await gate.identify(
        token.credentials if token else None,
        ip=request.client.host if request.client else "",
        request_id=request.state.request_id,
    )
    request.state.actor_id = actor.account_id
    return actor


SignedIn = Annotated[Actor, Depends(signed_in)]


def _with_role(role: Role) -> Callable[[Actor], Awaitable[Actor]]:
    async def check(actor: SignedIn) -> Actor:
        actor.require_role(role)
        return actor

    return check


Customer = Annotated[Actor, Depends(_with_role(Role.CUSTOMER))]
CourierActor = Annotated[Actor, Depends(_with_role(Role.COURIER))]
AdminActor = Annotated[Actor, Depends(_with_role(Role.ADMIN))]
"""An admin; the service asks `actor.require("store:approve")` for the right itself."""


async def store_scope(
    store_id: IdPath, actor: SignedIn, members: Annotated[Memberships, Depends(provided(Memberships))]
) -> StoreScope:
    """The membership of the signed-in account in the store of the path; 404 for everybody else."""
    return await members.get_scope(store_id, actor.id)


InStore = Annotated[StoreScope, Depends(store_scope)]
"""For routes under `/v1/seller/stores/{store_id}`; ask `scope.require("stock:write")` for the right."""


IfMatch = Annotated[str | None, Header(alias="If-Match", description="The ETag of the version you change.")]


def version_of(header: str | None) -> int:
    """The version in an If-Match header: 428 when it is missing, 400 when it is none of ours."""
    if header is None:
        raise DaraaError(
            VERSION_MISSING,
            "This change needs the header If-Match.",
            hint="Read the thing and send its ETag.",
            ar="أرسل الترويسة If-Match بقيمة ETag.",
        )
    text = header.strip().removeprefix('"').removesuffix('"')
    if not (text.isascii() and text.isdigit() and len(text) < 10 and f'"{text}"' == header.strip()):
        raise DaraaError(
            VERSION_INVALID,
            "If-Match is no ETag of ours.",
            hint='Send the ETag as it came, e.g. "7".',
            ar="القيمة غير صالحة.",
        )
    return int(text)


def version_stale() -> DaraaError:
    """What a guarded change says when the version is not the one that the caller saw."""
    return DaraaError(
        VERSION_STALE,
        "Somebody changed it since you read it.",
        hint="Read it again and repeat the change.",
        ar="اقرأه من جديد ثم كرر التعديل.",
    )


class MoneyIn(Input):
    """An amount of whole minor units above zero."""

    amount: Annotated[int, Field(gt=0, le=INT64_MAX // 1_000, strict=True)]
    currency: Annotated[str, Field(pattern=CURRENCY_PATTERN)]

    def money(self) -> Money:
        """The same as the kernel's Money."""
        return Money(amount=self.amount, currency=self.currency)


class MoneyOut(BaseModel):
    """An amount in whole minor units."""

    amount: int
    currency: str


def answer(
    body: Mapping[str, Any], status: int = 200, *, version: int | None = None, location: str | None = None
) -> Response:
    """A finished answer; `version` becomes the ETag."""
    headers = ({"etag": f'"{version}"'} if version is not None else {}) | ({"location": location} if location else {})
    return Response(to_json(body), status, headers, media_type="application/json")


IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="A new random text for every new request; the same text for every repetition of it.",
    ),
]


async def once(
    request: Request,
    actor: Actor,
    key: str,
    body: BaseModel | None,
    work: Callable[[Claim], Awaitable[Answer]],
    *,
    money: bool = True,
) -> Response:
    """Carry a request out once for its key, or replay what it was answered.

    `work` stores its answer with `Idempotency.keep(claim, answer, session=…)` in the transaction of its effect.
    """
    idempotency: Idempotency = request.app.state.services[Idempotency]
    route = f"{request.method} {request.scope['route'].path}"
    text = body.model_dump_json().encode() if body is not None else b""
    fingerprint = fingerprint_of(request.method, request.url.path, text)
    taken = await idempotency.begin(actor.id, route, key, fingerprint, money=money)
    if isinstance(taken, Replayed):
        request.state.replayed = True
        if taken.refusal is not None:
            raise taken.refusal
        assert taken.answer is not None
        return answer(taken.answer.body, taken.answer.status, location=taken.answer.location)
    try:
        done = await work(taken)
    except DaraaError as error:
        await idempotency.keep_refusal(taken, error)
        raise
    return answer(done.body, done.status, location=done.location)
