"""Reads of commissions, their rules, and payouts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from daraa.collections.commission_rules import COMMISSION_RULES, CommissionRule
from daraa.collections.commissions import COMMISSIONS, Commission, CommissionKind, CommissionStatus
from daraa.collections.payments import PAYMENTS, Payment
from daraa.collections.payout_lines import PAYOUT_LINES, PayoutLine
from daraa.collections.payouts import PAYOUTS, Payout, PayoutState
from daraa.collections.store_categories import STORE_CATEGORIES
from daraa.collections.store_owner_profiles import STORE_OWNER_PROFILES
from daraa.market.found import After, required
from daraa.market.tenancy import StoreScope
from daraa.market.wallets import queries as q
from daraa.stores.mongo import Mongo, Table
from daraa.stores.mongo.session import Session

Raw = Mapping[str, Any]
Words = Mapping[str, Any]


class CommissionRepository:
    """What the platform earns, and by which rules."""

    def __init__(self, mongo: Mongo) -> None:
        self._commissions = Table(COMMISSIONS, mongo)
        self._payments = Table(PAYMENTS, mongo)

    async def list_of_store(
        self, scope: StoreScope, status: CommissionStatus, *, limit: int, after: After = None
    ) -> list[Commission]:
        """A store's commissions of a status, newest first."""
        return await self._commissions.find(
            q.COMMISSIONS_OF_STORE, limit=limit, after=after, store_id=scope.store_id, status=status
        )

    async def list_earnings(
        self, scope: StoreScope, status: CommissionStatus, *, limit: int, after: After = None
    ) -> list[Commission]:
        """What the platform took of a store's goods, by status, newest first: the other side of what it earned."""
        return await self._commissions.find(
            q.EARNINGS_OF_STORE, limit=limit, after=after, store_id=scope.store_id, status=status
        )

    async def list_of_order(self, order_id: str, *, limit: int = 10) -> list[Commission]:
        """Every commission on an order."""
        return await self._commissions.find(q.COMMISSIONS_OF_ORDER, limit=limit, order_id=order_id)

    async def find_of_kind(self, order_id: str, kind: CommissionKind) -> Commission | None:
        """The commission of a kind on an order, when settling is repeated."""
        return await self._commissions.find_one(q.COMMISSION_OF_KIND, order_id=order_id, kind=kind)

    async def list_due(self, now: datetime, *, limit: int) -> list[Commission]:
        """Accrued commissions whose window is over, the longest due first."""
        return await self._commissions.find(q.COMMISSIONS_DUE, limit=limit, now=now)

    async def insert_many(self, commissions: Sequence[Commission], *, session: Session) -> None:
        """Add the commissions of an order; `stores.key.duplicate` when it has one of the kind."""
        await self._commissions.insert_many(commissions, session=session)

    async def settle(self, order_id: str, now: datetime, change: Words, *, session: Session) -> int:
        """Change all commissions of an order that are accrued and due; returns how many were."""
        guard = {"order_id": order_id, "status": CommissionStatus.ACCRUED, "due_at": {"$lte": now}}
        return await self._commissions.update_many(guard, change, session=session)

    async def find_payment(self, order_id: str) -> Payment | None:
        """How an order was paid: its cash decides whether the store may have its money."""
        return await self._payments.find_one(q.PAYMENT_OF_RELEASE, order_id=order_id)


class RuleRepository:
    """Which share the platform takes, and of whose sales."""

    def __init__(self, mongo: Mongo) -> None:
        self._rules = Table(COMMISSION_RULES, mongo)
        self._stores = Table(STORE_OWNER_PROFILES, mongo)
        self._categories = Table(STORE_CATEGORIES, mongo)

    async def get(self, rule_id: str) -> CommissionRule:
        """The rule, in force or ended; DaraaError `market.thing.missing` when there is none."""
        return required(await self._rules.find_one(q.RULE_BY_ID, id=rule_id), "rule")

    async def insert(self, rule: CommissionRule, *, session: Session) -> None:
        """Add a rule."""
        await self._rules.insert(rule, session=session)

    async def change(self, where: Words, change: Words, *, session: Session) -> CommissionRule | None:
        """The rule after the change; None when none matches the guard. Only its end is ever changed."""
        return await self._rules.update_and_get(where, change, session=session)

    async def find_store(self, store_id: str) -> Raw | None:
        """The store that a rule names, as it is stored."""
        found = await self._stores.find_raw(q.STORE_OF_RULE, limit=1, id=store_id)
        return found[0] if found else None

    async def find_category(self, category_id: str) -> Raw | None:
        """The kind of stores that a rule names, as it is stored."""
        found = await self._categories.find_raw(q.CATEGORY_OF_RULE, limit=1, id=category_id)
        return found[0] if found else None

    async def list_active(self, *, limit: int, after: After = None) -> list[CommissionRule]:
        """The rules in the order they are asked; the first match wins."""
        return await self._rules.find(q.ACTIVE_RULES, limit=limit, after=after)


class PayoutRepository:
    """Payouts and the earnings they claim."""

    def __init__(self, mongo: Mongo) -> None:
        self._payouts = Table(PAYOUTS, mongo)
        self._lines = Table(PAYOUT_LINES, mongo)

    async def get(self, payout_id: str) -> Payout:
        """The payout; DaraaError `market.thing.missing` when there is none."""
        return required(await self._payouts.find_one(q.PAYOUT_BY_ID, id=payout_id), "payout")

    async def list_of_store(self, scope: StoreScope, *, limit: int, after: After = None) -> list[Payout]:
        """A store's payouts, newest first."""
        return await self._payouts.find(q.PAYOUTS_OF_PAYEE, limit=limit, after=after, payee_id=scope.store_id)

    async def list_of_courier(self, courier_id: str, *, limit: int, after: After = None) -> list[Payout]:
        """A courier's payouts, newest first."""
        return await self._payouts.find(q.PAYOUTS_OF_PAYEE, limit=limit, after=after, payee_id=courier_id)

    async def list_of_state(self, state: PayoutState, *, limit: int, after: After = None) -> list[Payout]:
        """Payouts of a state, the longest waiting first."""
        return await self._payouts.find(q.PAYOUTS_OF_STATE, limit=limit, after=after, state=state)

    async def list_lines(self, payout_id: str, *, limit: int, after: After = None) -> list[PayoutLine]:
        """The earnings that a payout pays."""
        return await self._lines.find(q.LINES_OF_PAYOUT, limit=limit, after=after, payout_id=payout_id)

    async def find_line_of_earning(self, earning_id: str) -> PayoutLine | None:
        """Where an earning was paid."""
        return await self._lines.find_one(q.LINE_OF_EARNING, earning_id=earning_id)
