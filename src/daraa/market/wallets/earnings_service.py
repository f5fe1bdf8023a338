"""What the platform, the stores and the couriers earn: rules in force, commissions settled on closing."""

from datetime import datetime

from daraa.collections.commission_rules import CommissionRule
from daraa.collections.commissions import Commission
from daraa.collections.orders import Order
from daraa.market.wallets.commission import in_force
from daraa.market.wallets.earnings_repository import CommissionRepository
from daraa.market.wallets.settling import commissions_for
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.session import Session

MOST_RULES = 2_000
"""Active rules that are read at once: stores with a rule of their own are few."""


class Earnings:
    """Commission rules in force, and commission rows."""

    def __init__(self, mongo: Mongo) -> None:
        self._repository = CommissionRepository(mongo)

    async def rules(self, now: datetime) -> tuple[CommissionRule, ...]:
        """The rules in force, the first to be asked first; one command. What `commission.freeze` decides on."""
        rules = await self._repository.list_active_rules(limit=MOST_RULES)
        return tuple(rule for rule in rules if in_force(rule, now))

    async def accrue(
        self, session: Session, order: Order, *, journal_id: str, delivered_at: datetime
    ) -> tuple[Commission, ...]:
        """Write the commission rows in the transaction that closes the order; `stores.key.duplicate` when repeated.

        `journal_id` is that of the journal `close:<order>`.
        """
        rows = commissions_for(order, journal_id=journal_id, delivered_at=delivered_at)
        await self._repository.insert_many(rows, session=session)
        return rows
