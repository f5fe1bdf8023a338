"""Accounts over HTTP, for admins."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from daraa.market.accounts.schemas import AccountOut, PhoneIn, Reason, Suspension, account_row
from daraa.market.accounts.service import Accounts
from daraa.market.http import AdminActor, IdPath, One, Parameters, answer, provided

router = APIRouter(prefix="/v1/admin", tags=["admin: accounts"])
Book = Annotated[Accounts, Depends(provided(Accounts))]


class ByPhone(Parameters):
    """Whose account."""

    phone: PhoneIn


@router.get("/accounts", response_model=One[list[AccountOut]], summary="Find an account by its number")
async def find_account(wanted: Annotated[ByPhone, Query()], actor: AdminActor, accounts: Book) -> Response:
    """None or one; needs the right account:read. Write the + of the number as %2B."""
    actor.require("account:read")
    account = await accounts.find_by_phone(wanted.phone)
    return answer({"data": [account_row(account)] if account else []})


@router.get("/accounts/{account_id}", response_model=One[AccountOut], summary="One account")
async def get_account(account_id: IdPath, actor: AdminActor, accounts: Book) -> Response:
    """Needs the right account:read."""
    actor.require("account:read")
    account = await accounts.get(account_id)
    return answer({"data": account_row(account)}, version=account.ver)


@router.post("/accounts/{account_id}:suspend", response_model=One[AccountOut], summary="Shut an account out")
async def suspend_account(account_id: IdPath, why: Suspension, actor: AdminActor, accounts: Book) -> Response:
    """On all devices, at once. Needs the right account:suspend; of an admin, also admin:write."""
    account = await accounts.suspend(actor, account_id, why.reason, why.until)
    return answer({"data": account_row(account)}, version=account.ver)


@router.post("/accounts/{account_id}:restore", response_model=One[AccountOut], summary="Let an account in again")
async def restore_account(account_id: IdPath, why: Reason, actor: AdminActor, accounts: Book) -> Response:
    """Needs the right account:suspend."""
    account = await accounts.restore(actor, account_id, why.reason)
    return answer({"data": account_row(account)}, version=account.ver)
