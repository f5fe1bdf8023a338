"""What the platform, the stores and the couriers earn: rules in force, commissions settled on closing."""

from datetime import datetime

from daraa.collections.commission_rules import CommissionRule
from daraa.collections.commissions import Commission, CommissionStatus
from daraa.collections.orders import Order
from daraa.market.found import After
from daraa.market.tenancy import StoreScope
from daraa.market.wallets.commission import in_force
from daraa.market.wallets.earnings_repository import CommissionRepository, RuleRepository
from daraa.market.wallets.settling import commissions_for
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.session import Session

MOST_RULES = 2_000
"""Active rules that are read at once: stores with a rule of their own are few."""


class Earnings:
    """Commission rules in force, and commission rows."""

    def __init__(self, mongo: Mongo) -> None:
        self._repository = CommissionRepository(mongo)
        self._rules = RuleRepository(mongo)

    async def rules(self, now: datetime) -> tuple[CommissionRule, ...]:
        """The rules in force, the first to be asked first; one command. What `commission.freeze` decides on."""
        rules = await self._rules.list_active(limit=MOST_RULES)
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

    async def list_of_store(
        self, scope: StoreScope, status: CommissionStatus, *, limit: int, after: After = None
    ) -> list[Commission]:
        """What a store earned and what was taken of it, order by order, newest first; needs `payout:read`."""
        scope.require("payout:read")
        return await self._repository.list_earnings(scope, status, limit=limit, after=after)
