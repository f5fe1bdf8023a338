"""Reads of payments and refunds."""

from datetime import datetime

from daraa.collections.payments import FINISHED, PAYMENTS, PENDING, PROCESSING, CashState, Payment, PaymentStatus
from daraa.collections.refunds import REFUNDS, Refund, RefundStatus
from daraa.declare import Query, asc, beyond, desc, eq
from daraa.market.found import After, required
from daraa.market.tenancy import StoreScope
from daraa.stores.mongo import Mongo, Table

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


class PaymentRepository:
    """Payments."""

    def __init__(self, mongo: Mongo) -> None:
        self._payments = Table(PAYMENTS, mongo)

    async def get(self, payment_id: str) -> Payment:
        """The payment; DaraaError `market.thing.missing` when there is none."""
        return required(await self._payments.find_one(PAYMENT_BY_ID, id=payment_id), "payment")

    async def find_of_order(self, order_id: str) -> Payment | None:
        """How an order is paid."""
        return await self._payments.find_one(OF_ORDER, order_id=order_id)

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

    async def list_of_payment(self, payment_id: str, *, limit: int) -> list[Refund]:
        """The refunds of a payment: they cannot exceed what was captured."""
        return await self._refunds.find(REFUNDS_OF_PAYMENT, limit=limit, payment_id=payment_id)

    async def list_of_order(self, order_id: str, *, limit: int) -> list[Refund]:
        """The refunds of an order."""
        return await self._refunds.find(REFUNDS_OF_ORDER, limit=limit, order_id=order_id)

    async def list_of_state(self, status: RefundStatus, *, limit: int, after: After = None) -> list[Refund]:
        """Refunds of a state, the longest waiting first."""
        return await self._refunds.find(REFUNDS_OF_STATE, limit=limit, after=after, status=status)
