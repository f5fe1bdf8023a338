"""A customer's wallets over HTTP: balances, statement, top-ups, transfers and withdrawals."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from daraa.collections.withdrawals import Withdrawal
from daraa.market.http import (
    Customer,
    IdempotencyKey,
    IdPath,
    ListOf,
    One,
    Spoken,
    answer,
    once,
    provided,
)
from daraa.market.idempotency.service import Answer, Claim
from daraa.market.paging import PageParameters, Pages
from daraa.market.wallets import answers, statement
from daraa.market.wallets.schemas import (
    EntryOut,
    TopUpIn,
    TopUpOut,
    TransferIn,
    TransferOut,
    WalletOut,
    WithdrawalIn,
    WithdrawalOut,
)
from daraa.market.wallets.service import Wallets
from daraa.market.wallets.topup_service import TopUps
from daraa.market.wallets.transfer_service import Transfers
from daraa.market.wallets.withdrawal_service import Withdrawals

router = APIRouter(prefix="/v1/wallets", tags=["wallets"])
Service = Annotated[Wallets, Depends(provided(Wallets))]
Cut = Annotated[Pages, Depends(provided(Pages))]
Wanted = Annotated[PageParameters, Query()]


@router.get("", response_model=One[list[WalletOut]], summary="My wallets")
async def list_wallets(actor: Customer, wallets: Service) -> Response:
    """One for each currency; the first look opens the one in the currency of the account."""
    return answer({"data": [answers.wallet(each) for each in await wallets.list_mine(actor)]})


@router.get("/{wallet_id}", response_model=One[WalletOut], summary="One of my wallets")
async def get_wallet(wallet_id: IdPath, actor: Customer, wallets: Service) -> Response:
    """What may be spent, and what is held for withdrawals."""
    wallet = await wallets.get_mine(actor, wallet_id)
    return answer({"data": answers.wallet(wallet)}, version=wallet.ver)


@router.get("/{wallet_id}/entries", response_model=ListOf[EntryOut], summary="My statement, newest first")
async def list_entries(
    wallet_id: IdPath, wanted: Wanted, actor: Customer, wallets: Service, pages: Cut, language: Spoken
) -> Response:
    """Every movement with the balance before and after it; follow `page.next_cursor`."""
    wallet = await wallets.get_mine(actor, wallet_id)
    return answer(await statement.page(wallets, pages, wallet, wanted, language))


@router.post("/{wallet_id}/topups", status_code=201, response_model=One[TopUpOut], summary="Top a wallet up by card")
async def top_up(
    wallet_id: IdPath,
    body: TopUpIn,
    actor: Customer,
    key: IdempotencyKey,
    request: Request,
    topups: Annotated[TopUps, Depends(provided(TopUps))],
) -> Response:
    """Opens a payment intent to be confirmed; the money is there when the provider has taken it."""

    async def work(claim: Claim) -> Answer:
        return await topups.open(actor, wallet_id, body.amount.money(), claim)

    return await once(request, actor, key, body, work)


@router.post("/{wallet_id}/transfers", status_code=201, response_model=One[TransferOut], summary="Send money")
async def transfer(
    wallet_id: IdPath,
    body: TransferIn,
    actor: Customer,
    key: IdempotencyKey,
    request: Request,
    transfers: Annotated[Transfers, Depends(provided(Transfers))],
) -> Response:
    """To the customer with that phone number or that wallet; it cannot be taken back."""

    async def work(claim: Claim) -> Answer:
        return await transfers.send(
            actor,
            wallet_id,
            body.amount.money(),
            claim,
            to_phone=body.to_phone,
            to_wallet=body.to_wallet,
            note=body.note,
        )

    return await once(request, actor, key, body, work)


@router.post(
    "/{wallet_id}/withdrawals", status_code=201, response_model=One[WithdrawalOut], summary="Ask to be paid out"
)
async def withdraw(
    wallet_id: IdPath,
    body: WithdrawalIn,
    actor: Customer,
    key: IdempotencyKey,
    request: Request,
    withdrawals: Annotated[Withdrawals, Depends(provided(Withdrawals))],
) -> Response:
    """The amount is held at once and leaves when an admin has paid it."""

    async def work(claim: Claim) -> Answer:
        amount = body.amount.money()
        return await withdrawals.request(actor, wallet_id, amount, body.destination, body.note, claim)

    return await once(request, actor, key, body, work)


@router.get("/{wallet_id}/withdrawals", response_model=ListOf[WithdrawalOut], summary="My withdrawals, newest first")
async def list_withdrawals(
    wallet_id: IdPath,
    wanted: Wanted,
    actor: Customer,
    withdrawals: Annotated[Withdrawals, Depends(provided(Withdrawals))],
    pages: Cut,
) -> Response:
    """What was asked for and what became of it."""

    async def read(limit: int, after: tuple[Any, ...] | None) -> list[Withdrawal]:
        return await withdrawals.list_mine(actor, wallet_id, limit=limit, after=after)

    identity = {"list": "withdrawals", "wallet": wallet_id}
    return answer(await pages.cut(wanted, identity, read, lambda row: (row.id,), answers.withdrawal))
