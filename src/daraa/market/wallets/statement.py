"""One page of a wallet's statement, the same for customers, stores, couriers and admins."""

from typing import Any

from daraa.collections.wallet_transactions import WalletTransaction
from daraa.collections.wallets import Wallet
from daraa.kernel.languages import Language
from daraa.market.paging import PageParameters, Pages
from daraa.market.wallets import answers
from daraa.market.wallets.service import Wallets


async def page(
    wallets: Wallets, pages: Pages, wallet: Wallet, wanted: PageParameters, language: Language
) -> dict[str, Any]:
    """`{data, page}` by the wallet's own numbering: lines posted meanwhile neither shift nor hide any."""

    async def read(limit: int, after: tuple[Any, ...] | None) -> list[WalletTransaction]:
        return await wallets.list_entries(wallet, limit=limit, after=after)

    identity = {"list": "entries", "wallet": wallet.id}
    return await pages.cut(wanted, identity, read, lambda row: (row.seq,), lambda row: answers.entry(row, language))
