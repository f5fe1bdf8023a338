"""Wallets of customers, stores and couriers: opened when first needed, read by their owners alone."""

from collections.abc import Sequence
from typing import Any

from daraa.collections.wallet_transactions import WalletTransaction
from daraa.collections.wallets import Freeze, Wallet, WalletKind, WalletStatus
from daraa.declare.document import stamp
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import Actor
from daraa.market.audit.service import Audit
from daraa.market.found import After, required
from daraa.market.tenancy import StoreScope
from daraa.market.wallets import errors
from daraa.market.wallets.repository import OwnerRepository, WalletRepository
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import DUPLICATE
from daraa.stores.mongo.session import Session

MOST_CURRENCIES = 20
READ, ADJUST = "ledger:read", "ledger:adjust"


class Wallets:
    """The front door of wallets. Whatever is not the caller's is answered like what does not exist."""

    def __init__(self, mongo: Mongo, audit: Audit, clock: Clock = SYSTEM_CLOCK) -> None:
        self._mongo = mongo
        self._repository = WalletRepository(mongo)
        self._owners = OwnerRepository(mongo)
        self._audit = audit
        self._clock = clock

    async def get_or_open(self, owner_id: str, kind: WalletKind, currency: str) -> Wallet:
        """The owner's wallet in that currency, made now if there is none; call it outside transactions.

        `owner_id` is a customer's account, a store or a courier profile. Called twice at once, both get the same one.
        """
        found = await self._repository.find_in_currency(owner_id, currency)
        if found is not None:
            return found
        now = self._clock.now()
        wallet = Wallet(id=new_id("wal"), owner_id=owner_id, kind=kind, currency=currency, **stamp(now))
        try:
            await self._repository.insert(wallet)
        except DaraaError as error:
            if error.code != DUPLICATE:
                raise
            return await self._repository.get_in_currency(owner_id, currency)
        return wallet

    async def list_mine(self, actor: Actor) -> Sequence[Wallet]:
        """A customer's wallets; the first look opens the one in the currency of the account."""
        found = await self._repository.list_of_owner(actor.id, limit=MOST_CURRENCIES)
        return found or [await self.get_or_open(actor.id, WalletKind.CUSTOMER, await self._currency_of(actor))]

    async def get_mine(self, actor: Actor, wallet_id: str) -> Wallet:
        """A customer's own wallet; `market.thing.missing` for any other."""
        return _owned(await self._repository.find(wallet_id), actor.id)

    async def get_of_store(self, scope: StoreScope, currency: str | None = None) -> Wallet:
        """The store's wallet (in that currency); `market.thing.missing` until it has sold something."""
        scope.require("payout:read")
        return _one(await self._repository.list_of_store(scope, limit=MOST_CURRENCIES), currency)

    async def get_of_courier(self, actor: Actor, currency: str | None = None) -> Wallet:
        """The courier's wallet (in that currency); `market.thing.missing` until something was delivered."""
        courier = await self._owners.get_courier(actor.id)
        return _one(await self._repository.list_of_owner(courier.id, limit=MOST_CURRENCIES), currency)

    async def list_entries(self, wallet: Wallet, *, limit: int, after: After = None) -> list[WalletTransaction]:
        """The statement of a wallet that the caller may see, the last line first."""
        return await self._repository.list_statement(wallet.id, limit=limit, after=after)

    async def get_any(self, actor: Actor, wallet_id: str) -> Wallet:
        """Anybody's wallet, for admins with `ledger:read`."""
        actor.require(READ)
        return await self._repository.get(wallet_id)

    async def freeze(self, actor: Actor, wallet_id: str, reason: str) -> Wallet:
        """Let nothing out of a wallet any more; needs `ledger:adjust`. `wallets.wallet.state` unless it is active."""
        actor.require(ADJUST)
        frozen = Freeze(at=self._clock.now(), by=actor.id, reason=reason)
        change = {"$set": {"status": WalletStatus.FROZEN, "freeze": frozen}}
        return await self._turn(actor, wallet_id, WalletStatus.ACTIVE, change, reason)

    async def unfreeze(self, actor: Actor, wallet_id: str, reason: str) -> Wallet:
        """Let money out again; needs `ledger:adjust`. `wallets.wallet.state` unless it is frozen."""
        actor.require(ADJUST)
        change = {"$set": {"status": WalletStatus.ACTIVE}, "$unset": {"freeze": ""}}
        return await self._turn(actor, wallet_id, WalletStatus.FROZEN, change, reason)

    async def _turn(
        self, actor: Actor, wallet_id: str, seen: WalletStatus, change: dict[str, Any], reason: str
    ) -> Wallet:
        await self._repository.get(wallet_id)
        words = {**change, "$set": {**change["$set"], "updated_at": self._clock.now()}, "$inc": {"ver": 1}}

        async def work(session: Session) -> Wallet:
            turned = await self._repository.change({"id": wallet_id, "status": seen}, words, session=session)
            if turned is None:
                raise DaraaError(
                    errors.STATE,
                    f"The wallet is not {seen.value}.",
                    hint="Read it again.",
                    ar="حالة المحفظة لا تسمح بذلك؛ اقرأها من جديد.",
                )
            await self._audit.record(
                session,
                actor,
                f"wallet.{'freeze' if turned.status is WalletStatus.FROZEN else 'unfreeze'}",
                "wallet",
                wallet_id,
                before={"status": seen.value},
                after={"status": turned.status.value},
                reason=reason,
            )
            return turned

        return await self._mongo.in_transaction(work)

    async def _currency_of(self, actor: Actor) -> str:
        account = await self._owners.find_account(actor.id)
        return required(account, "account").default_currency


def _owned(wallet: Wallet | None, owner_id: str) -> Wallet:
    mine = wallet is not None and wallet.owner_id == owner_id and wallet.kind is WalletKind.CUSTOMER
    return required(wallet if mine else None, "wallet")


def _one(wallets: Sequence[Wallet], currency: str | None) -> Wallet:
    fitting = (each for each in wallets if currency is None or each.currency == currency)
    return required(next(fitting, None), "wallet")
