"""A gate that believes what a token says, so that tests of other capabilities need no login.

A token reads `<account id>;<roles>;<scopes>`, lists separated by commas: `acc_…;customer,admin;store:approve`.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from daraa.api.app import make_app
from daraa.collections.accounts import Role
from daraa.kernel.ids import is_id, new_id
from daraa.kernel.settings import Settings
from daraa.market.actor import Actor, login_needed, roles_of
from daraa.market.http import Gate

ADMIN_SCOPES = ("store:approve", "category:write", "audit:read")


class BelievingGate:
    """Takes every well-formed token at its word; anything else is nobody."""

    async def identify(self, token: str | None, *, ip: str, request_id: str) -> Actor:
        parts = (token or "").split(";")
        if len(parts) != 3 or not is_id(parts[0], "acc"):
            raise login_needed()
        return Actor(
            account_id=parts[0],
            session_id=new_id("ses"),
            roles=roles_of(parts[1].split(",")),
            scopes=frozenset(filter(None, parts[2].split(","))),
            ip=ip,
            request_id=request_id,
        )


def token_of(account_id: str, *roles: Role, scopes: Iterable[str] = ()) -> str:
    """What the gate takes for that account; a customer when no role is given."""
    return f"{account_id};{','.join(role.value for role in roles or (Role.CUSTOMER,))};{','.join(scopes)}"


def signed_in(account_id: str, *roles: Role, scopes: Iterable[str] = ()) -> dict[str, str]:
    """The header of a request by that account."""
    return {"authorization": f"Bearer {token_of(account_id, *roles, scopes=scopes)}"}


def as_admin(account_id: str, *scopes: str) -> dict[str, str]:
    """The header of a request by an admin with these rights, or the usual ones when none is named."""
    return signed_in(account_id, Role.ADMIN, scopes=scopes or ADMIN_SCOPES)


@asynccontextmanager
async def served_behind_gate(settings: Settings) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    """The API in this process with the believing gate, and an HTTP client of it."""
    app = make_app(settings)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://api") as client,
    ):
        app.state.services = {**app.state.services, Gate: BelievingGate()}
        yield app, client
