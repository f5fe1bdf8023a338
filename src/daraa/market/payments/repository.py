"""Payments, intents and refunds in the database: declared reads, and changes guarded by what they change from."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from daraa.collections.payment_intents import PAYMENT_INTENTS, PaymentIntent
from daraa.collections.payments import FINISHED, PAYMENTS, PENDING, PROCESSING, CashState, Payment, PaymentStatus
from daraa.collections.refunds import REFUNDS, Refund, RefundStatus
from daraa.declare import Present, Query, asc, beyond, desc, eq
from daraa.market.found import After, required
from daraa.market.tenancy import StoreScope
from daraa.stores.mongo import Mongo, Table
from daraa.stores.mongo.session import Session

PAYMENT_BY_ID = Query(PAYMENTS, "by_id", serves="by id", where=(eq("id"),))
OF_ORDER = Query(PAYMENTS, "of_order", serves="the payment of an order", where=(eq("order_id"),))
OF_GROUP = Query(PAYMENTS, "of_group", serves="the payments of an order group", where=(eq("group_id"),))
OF_STORE_BY_STATE = Query(
    PAYMENTS,
    "of_store_by_state",
    serves="a store's payments by state, newest first",
    where=(eq("store_id"), eq("status")),
    sort=(desc("created_at"),),
)
PENDING_OF_STORE = Query(
    PAYMENTS, "pending_of_store", serves="a store's pending payments", where=(eq("store_id"), PENDING)
)
BY_PROVIDER_REF = Query(
    PAYMENTS,
    "by_provider_ref",
    serves="a payment by its provider's reference",
    where=(eq("provider"), eq("provider_ref")),
)
STUCK = Query(
    PAYMENTS,
    "stuck",
    serves="payments in processing by their last change",
    where=(PROCESSING, beyond("updated_at", "lte", "before")),
    sort=(asc("updated_at"),),
)
CASH_OF_COURIER = Query(
    PAYMENTS,
    "cash_of_courier",
    serves="a courier's cash payments by state",
    where=(eq("courier_id"), eq("cash_state")),
)
FINISHED_PAYMENTS = Query(
    PAYMENTS,
    "finished",
    serves="finished payments by completion",
    where=(FINISHED, beyond("completed_at", "lt", "before")),
    sort=(asc("completed_at"), asc("id")),
)
REFUND_BY_ID = Query(REFUNDS, "by_id", serves="by id", where=(eq("id"),))
REFUNDS_OF_PAYMENT = Query(REFUNDS, "of_payment", serves="the refunds of a payment", where=(eq("payment_id"),))
REFUNDS_OF_ORDER = Query(REFUNDS, "of_order", serves="the refunds of an order", where=(eq("order_id"),))
REFUNDS_OF_STATE = Query(
    REFUNDS,
    "of_state",
    serves="refunds of a state, longest waiting first",
    where=(eq("status"),),
    sort=(asc("id"),),
)
REFUNDS_DUE = Query(
    REFUNDS,
    "due",
    serves="refunds that the provider is to make, longest due first",
    where=(Present("due_at"), beyond("due_at", "lte", "now")),
    sort=(asc("due_at"),),
)
INTENT_BY_ID = Query(PAYMENT_INTENTS, "by_id", serves="by id", where=(eq("id"),))
INTENT_BY_PROVIDER_REF = Query(
    PAYMENT_INTENTS,
    "by_provider_ref",
    serves="an intent by its provider's reference",
    where=(eq("provider"), eq("provider_ref")),
)
INTENTS_OF_TARGET = Query(
    PAYMENT_INTENTS,
    "of_target",
    serves="the intents of a checkout or a wallet, newest first",
    where=(eq("target_id"),),
    sort=(desc("id"),),
)
INTENTS_DUE = Query(
    PAYMENT_INTENTS,
    "due",
    serves="intents to ask the provider about, longest due first",
    where=(Present("look_at"), beyond("look_at", "lte", "now")),
    sort=(asc("look_at"),),
)
Change = Mapping[str, Any]


class PaymentRepository:
    """Payments."""

    def __init__(self, mongo: Mongo) -> None:
        self._payments = Table(PAYMENTS, mongo)

    async def get(self, payment_id: str, *, session: Session | None = None) -> Payment:
        """The payment; DaraaError `market.thing.missing` when there is none."""
        return required(await self._payments.find_one(PAYMENT_BY_ID, session=session, id=payment_id), "payment")

    async def insert_all(self, payments: Sequence[Payment], *, session: Session) -> None:
        """Add the payments of a checkout in its transaction."""
        await self._payments.insert_many(payments, session=session)

    async def change(self, where: Change, change: Change, *, session: Session) -> Payment | None:
        """The payment after the change; None when none matches the guard."""
        return await self._payments.update_and_get(where, change, session=session)

    async def change_many(self, where: Change, change: Change, *, session: Session) -> int:
        """How many matched the guard and were changed."""
        return await self._payments.update_many(where, change, session=session)

    async def find_of_order(self, order_id: str, *, session: Session | None = None) -> Payment | None:
        """How an order is paid."""
        return await self._payments.find_one(OF_ORDER, session=session, order_id=order_id)

    async def list_of_group(self, group_id: str, *, limit: int) -> list[Payment]:
        """The payments of all orders of one checkout."""
        return await self._payments.find(OF_GROUP, limit=limit, group_id=group_id)

    async def list_of_store(
        self, scope: StoreScope, status: PaymentStatus, *, limit: int, after: After = None
    ) -> list[Payment]:
        """A store's payments of a state, newest first."""
        return await self._payments.find(
            OF_STORE_BY_STATE, limit=limit, after=after, store_id=scope.store_id, status=status
        )

    async def list_pending(self, scope: StoreScope, *, limit: int) -> list[Payment]:
        """What customers still owe a store."""
        return await self._payments.find(PENDING_OF_STORE, limit=limit, store_id=scope.store_id)

    async def find_by_provider_ref(self, provider: str, provider_ref: str) -> Payment | None:
        """The payment of which a provider speaks."""
        return await self._payments.find_one(BY_PROVIDER_REF, provider=provider, provider_ref=provider_ref)

    async def list_stuck(self, before: datetime, *, limit: int) -> list[Payment]:
        """Payments in processing without a change since then, the longest stuck first."""
        return await self._payments.find(STUCK, limit=limit, before=before)

    async def list_cash_of_courier(self, courier_id: str, state: CashState, *, limit: int) -> list[Payment]:
        """The cash that a courier is to collect, carries or has remitted."""
        return await self._payments.find(CASH_OF_COURIER, limit=limit, courier_id=courier_id, cash_state=state)

    async def list_finished(self, before: datetime, *, limit: int, after: After = None) -> list[Payment]:
        """Payments whose order ended before that time, the oldest first."""
        return await self._payments.find(FINISHED_PAYMENTS, limit=limit, after=after, before=before)


class RefundRepository:
    """Money given back."""

    def __init__(self, mongo: Mongo) -> None:
        self._refunds = Table(REFUNDS, mongo)

    async def get(self, refund_id: str) -> Refund:
        """The refund; DaraaError `market.thing.missing` when there is none."""
        return required(await self._refunds.find_one(REFUND_BY_ID, id=refund_id), "refund")

    async def insert(self, refund: Refund, *, session: Session) -> None:
        """Add a refund in the transaction that lowers what may be refunded."""
        await self._refunds.insert(refund, session=session)

    async def change(self, where: Change, change: Change, *, session: Session | None = None) -> Refund | None:
        """The refund after the change; None when none matches the guard."""
        return await self._refunds.update_and_get(where, change, session=session)

    async def list_due(self, now: datetime, *, limit: int) -> list[Refund]:
        """The refunds that the provider is to be asked for now, the longest due first."""
        return await self._refunds.find(REFUNDS_DUE, limit=limit, now=now)

    async def list_of_payment(self, payment_id: str, *, limit: int, session: Session | None = None) -> list[Refund]:
        """The refunds of a payment: they cannot exceed what was captured."""
        return await self._refunds.find(REFUNDS_OF_PAYMENT, limit=limit, session=session, payment_id=payment_id)

    async def list_of_order(self, order_id: str, *, limit: int) -> list[Refund]:
        """The refunds of an order."""
        return await self._refunds.find(REFUNDS_OF_ORDER, limit=limit, order_id=order_id)

    async def list_of_state(self, status: RefundStatus, *, limit: int, after: After = None) -> list[Refund]:
        """Refunds of a state, the longest waiting first."""
        return await self._refunds.find(REFUNDS_OF_STATE, limit=limit, after=after, status=status)


class IntentRepository:
    """What card providers are to take."""

    def __init__(self, mongo: Mongo) -> None:
        self._intents = Table(PAYMENT_INTENTS, mongo)

    async def get(self, intent_id: str) -> PaymentIntent:
        """The intent; DaraaError `market.thing.missing` when there is none."""
        return required(await self._intents.find_one(INTENT_BY_ID, id=intent_id), "payment intent")

    async def find(self, intent_id: str, *, session: Session | None = None) -> PaymentIntent | None:
        """The intent, as the session's transaction sees it."""
        return await self._intents.find_one(INTENT_BY_ID, session=session, id=intent_id)

    async def find_by_provider_ref(
        self, provider: str, provider_ref: str, *, session: Session | None = None
    ) -> PaymentIntent | None:
        """The intent of which a provider speaks."""
        return await self._intents.find_one(
            INTENT_BY_PROVIDER_REF, session=session, provider=provider, provider_ref=provider_ref
        )

    async def list_of_target(self, target_id: str, *, limit: int, after: After = None) -> list[PaymentIntent]:
        """What was tried to pay a checkout, or to fill a wallet, the newest first."""
        return await self._intents.find(INTENTS_OF_TARGET, limit=limit, after=after, target_id=target_id)

    async def list_due(self, now: datetime, *, limit: int) -> list[PaymentIntent]:
        """Intents about which the provider is to be asked now, the longest due first."""
        return await self._intents.find(INTENTS_DUE, limit=limit, now=now)

    async def insert(self, intent: PaymentIntent, *, session: Session) -> None:
        """Add an intent in the transaction of what it pays for."""
        await self._intents.insert(intent, session=session)

    async def change(self, where: Change, change: Change, *, session: Session | None = None) -> PaymentIntent | None:
        """The intent after the change; None when none matches the guard."""
        return await self._intents.update_and_get(where, change, session=session)
