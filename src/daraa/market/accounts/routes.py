"""Logging in, and one's own account, over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from daraa.collections.sessions import Session
from daraa.kernel.errors import DaraaError
from daraa.market.accounts.codes import COOLDOWN, LIFETIME
from daraa.market.accounts.errors import NOT_REMOVABLE
from daraa.market.accounts.login_service import SESSION, Device, Logins, Opened
from daraa.market.accounts.password_service import Passwords
from daraa.market.accounts.schemas import (
    CodeLogin,
    CodeSent,
    CodeWanted,
    MeChange,
    MeOut,
    PasswordChange,
    PasswordLogin,
    RefreshIn,
    SessionOut,
    TokensOut,
    me,
    session_row,
)
from daraa.market.accounts.service import Accounts
from daraa.market.accounts.tokens import ACCESS_S
from daraa.market.http import IdPath, IfMatch, ListOf, One, SignedIn, Spoken, answer, provided, version_of
from daraa.market.paging import PageParameters, Pages

router = APIRouter(prefix="/v1")
Login = Annotated[Logins, Depends(provided(Logins))]
Book = Annotated[Accounts, Depends(provided(Accounts))]
_REFUSED: dict[int | str, dict[str, Any]] = {
    401: {"description": "Not valid"},
    403: {"description": "The account is suspended or closed"},
    429: {"description": "Too many tries"},
}
_NO_STORE = {"cache-control": "no-store"}


@router.post(
    "/auth/otp", status_code=202, response_model=One[CodeSent], summary="Ask for a login code", tags=["login"],
    responses={429: {"description": "Too many tries"}},
)  # fmt: skip
async def ask_code(wanted: CodeWanted, request: Request, logins: Login, language: Spoken) -> Response:
    """A code comes by SMS. The answer is the same for every number, and when none is sent (asked too soon)."""
    await logins.send_code(wanted.phone, ip=_ip(request), language=language)
    sent = {"expires_in": int(LIFETIME.total_seconds()), "resend_after": int(COOLDOWN.total_seconds())}
    return answer({"data": sent}, 202)


@router.post("/auth/otp/verify", response_model=One[TokensOut], summary="Log in with a code", tags=["login"],
             responses=_REFUSED)  # fmt: skip
async def verify_code(given: CodeLogin, request: Request, logins: Login, language: Spoken) -> Response:
    """A number that is new gets an account, as a customer. A code has five tries and five minutes."""
    device = Device(_ip(request), given.device)
    return _tokens(await logins.by_code(given.phone, given.code, device, given.name or "", language))


@router.post("/auth/password", response_model=One[TokensOut], summary="Log in with a password (staff)", tags=["login"],
             responses=_REFUSED)  # fmt: skip
async def password_login(given: PasswordLogin, request: Request, logins: Login) -> Response:
    """After five wrong tries the account is locked for 15 minutes; the answer does not tell."""
    return _tokens(await logins.by_password(given.phone, given.password, Device(_ip(request), given.device)))


@router.post("/auth/refresh", response_model=One[TokensOut], summary="Change a refresh token for new tokens",
             tags=["login"], responses=_REFUSED)  # fmt: skip
async def refresh(given: RefreshIn, request: Request, logins: Login) -> Response:
    """A refresh token counts once. One that is used twice ends its session on all sides."""
    return _tokens(await logins.refresh(given.refresh_token, _ip(request)))


@router.post("/auth/logout", status_code=204, summary="End this session", tags=["login"])
async def logout(actor: SignedIn, logins: Login) -> Response:
    """Its tokens are worthless from now on."""
    await logins.logout(actor)
    return Response(status_code=204)


@router.get("/me", response_model=One[MeOut], summary="My account", tags=["me"])
async def get_me(actor: SignedIn, accounts: Book) -> Response:
    """With the ETag that a change may name."""
    account = await accounts.get(actor.id)
    return answer({"data": me(account)}, version=account.ver)


@router.patch("/me", response_model=One[MeOut], summary="Change my account", tags=["me"])
async def change_me(change: MeChange, actor: SignedIn, accounts: Book, if_match: IfMatch = None) -> Response:
    """A merge patch; with If-Match only if nobody changed the account since."""
    words = {{"name": "full_name"}.get(key, key): getattr(change, key) for key in change.model_fields_set}
    if words.get("full_name", "") is None or words.get("locale", "") is None:
        raise DaraaError(
            NOT_REMOVABLE, "Only the e-mail can be taken away.", hint="Leave out what stays.",
            ar="يمكن حذف البريد الإلكتروني فقط.",
        )  # fmt: skip
    version = version_of(if_match) if if_match is not None else None
    account = await accounts.change(actor.id, words, version)
    return answer({"data": me(account)}, version=account.ver)


@router.put("/me/password", status_code=204, summary="Set my password (staff)", tags=["me"], responses=_REFUSED)
async def change_password(
    change: PasswordChange, actor: SignedIn, passwords: Annotated[Passwords, Depends(provided(Passwords))]
) -> Response:
    """Logs all my other devices out."""
    await passwords.change(actor, change.current_password, change.new_password)
    return Response(status_code=204)


@router.get("/me/sessions", response_model=ListOf[SessionOut], summary="Where I am logged in", tags=["me"])
async def list_sessions(
    wanted: Annotated[PageParameters, Query()],
    actor: SignedIn,
    accounts: Book,
    pages: Annotated[Pages, Depends(provided(Pages))],
) -> Response:
    """Newest first."""

    async def read(limit: int, after: tuple[Any, ...] | None) -> list[Session]:
        return await accounts.list_sessions(actor.id, limit=limit, after=after)

    identity = {"list": "sessions", "account": actor.id}
    page = await pages.cut(
        wanted, identity, read, lambda row: (row.id,), lambda row: session_row(row, actor.session_id)
    )
    return answer(page)


@router.delete("/me/sessions/{session_id}", status_code=204, summary="Log a device out", tags=["me"])
async def end_session(session_id: IdPath, actor: SignedIn, accounts: Book) -> Response:
    """This one too, if it is the one that asks."""
    await accounts.end_session(actor.id, session_id)
    return Response(status_code=204)


def _tokens(opened: Opened) -> Response:
    body = {
        "token_type": "Bearer",
        "access_token": opened.access_token,
        "expires_in": ACCESS_S,
        "refresh_token": opened.refresh_token,
        "refresh_expires_in": int(SESSION.total_seconds()),
        "account": {"id": opened.account.id, "roles": sorted(opened.roles)},
        "is_new": opened.is_new,
    }
    response = answer({"data": body})
    response.headers.update(_NO_STORE)
    return response


def _ip(request: Request) -> str:
    return request.client.host if request.client else ""
