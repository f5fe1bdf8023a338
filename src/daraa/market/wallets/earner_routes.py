"""What stores and couriers see of their money: balance, statement, and what was earned on each order."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from daraa.collections.commissions import Commission
from daraa.market.http import CourierActor, InStore, ListOf, One, Spoken, answer, provided
from daraa.market.paging import Pages
from daraa.market.wallets import answers, statement
from daraa.market.wallets.earnings_service import Earnings
from daraa.market.wallets.schemas import EarningOut, EntryOut, ListEarnings, OneWallet, WalletOut
from daraa.market.wallets.service import Wallets

router = APIRouter(prefix="/v1")
SELLER, COURIER = "/seller/stores/{store_id}", "/courier"
Service = Annotated[Wallets, Depends(provided(Wallets))]
Cut = Annotated[Pages, Depends(provided(Pages))]
Wanted = Annotated[OneWallet, Query()]


@router.get(f"{SELLER}/wallet", response_model=One[WalletOut], summary="The store's wallet", tags=["seller: wallet"])
async def get_store_wallet(scope: InStore, wanted: Wanted, wallets: Service) -> Response:
    """Pending money becomes available when the return window is over and the cash is in the hub."""
    wallet = await wallets.get_of_store(scope, wanted.currency)
    return answer({"data": answers.wallet(wallet)}, version=wallet.ver)


@router.get(
    f"{SELLER}/wallet/entries",
    response_model=ListOf[EntryOut],
    summary="The store's statement, newest first",
    tags=["seller: wallet"],
)
async def list_store_entries(
    scope: InStore, wanted: Wanted, wallets: Service, pages: Cut, language: Spoken
) -> Response:
    """Every movement with the balance before and after it."""
    wallet = await wallets.get_of_store(scope, wanted.currency)
    return answer(await statement.page(wallets, pages, wallet, wanted, language))


@router.get(
    f"{SELLER}/earnings",
    response_model=ListOf[EarningOut],
    summary="What the store earned, order by order",
    tags=["seller: wallet"],
)
async def list_store_earnings(
    scope: InStore,
    wanted: Annotated[ListEarnings, Query()],
    earnings: Annotated[Earnings, Depends(provided(Earnings))],
    pages: Cut,
) -> Response:
    """Goods, commission and the rest of delivered orders: accrued, earned or reversed; newest first."""

    async def read(limit: int, after: tuple[Any, ...] | None) -> list[Commission]:
        return await earnings.list_of_store(scope, wanted.status, limit=limit, after=after)

    identity = {"list": "earnings", "store": scope.store_id, "status": wanted.status.value}
    return answer(await pages.cut(wanted, identity, read, lambda row: (row.created_at,), answers.earning))


@router.get(f"{COURIER}/wallet", response_model=One[WalletOut], summary="My wallet", tags=["courier: wallet"])
async def get_courier_wallet(actor: CourierActor, wanted: Wanted, wallets: Service) -> Response:
    """What was earned by deliveries; cash in hand is not part of it."""
    wallet = await wallets.get_of_courier(actor, wanted.currency)
    return answer({"data": answers.wallet(wallet)}, version=wallet.ver)


@router.get(
    f"{COURIER}/wallet/entries",
    response_model=ListOf[EntryOut],
    summary="My statement, newest first",
    tags=["courier: wallet"],
)
async def list_courier_entries(
    actor: CourierActor, wanted: Wanted, wallets: Service, pages: Cut, language: Spoken
) -> Response:
    """Every movement with the balance before and after it."""
    wallet = await wallets.get_of_courier(actor, wanted.currency)
    return answer(await statement.page(wallets, pages, wallet, wanted, language))
