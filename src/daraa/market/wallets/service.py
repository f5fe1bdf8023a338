"""Wallets of customers, stores and couriers: opened when first needed, read by their owners alone."""

from daraa.collections.wallets import Wallet, WalletKind
from daraa.declare.document import stamp
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.wallets.repository import WalletRepository
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import DUPLICATE


class Wallets:
    """The front door of wallets."""

    def __init__(self, mongo: Mongo, clock: Clock = SYSTEM_CLOCK) -> None:
        self._repository = WalletRepository(mongo)
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
