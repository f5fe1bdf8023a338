"""Makes the parts of this capability out of those that it joins."""

from dataclasses import dataclass
from typing import Any

from daraa.market.audit.service import Audit
from daraa.market.delivery.opening import DeliveryParts
from daraa.market.fulfilment.closing_service import Closing
from daraa.market.fulfilment.remittance_service import Remittances
from daraa.market.fulfilment.service import Fulfilment
from daraa.market.idempotency.service import Idempotency
from daraa.market.orders.opening import OrderParts
from daraa.market.payments.service import Payments
from daraa.market.wallets.opening import WalletParts
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.outbox import Consumer


@dataclass(frozen=True, slots=True)
class FulfilmentParts:
    """All services, and who waits for events."""

    services: tuple[Any, ...]
    consumers: tuple[Consumer, ...]


def open_fulfilment(
    mongo: Mongo,
    audit: Audit,
    idempotency: Idempotency,
    bringing: DeliveryParts,
    ordering: OrderParts,
    payments: Payments,
    money: WalletParts,
) -> FulfilmentParts:
    """The services over one database; opens nothing by itself."""
    couriers, tasks = bringing.couriers, bringing.tasks
    orders, moves = ordering.orders, ordering.moves
    fulfilment = Fulfilment(mongo, audit, idempotency, orders, moves, ordering.refunding, payments, couriers, tasks)
    closing = Closing(
        mongo, idempotency, orders, moves, payments, money.wallets, money.ledger, money.earnings, couriers, tasks
    )
    remittances = Remittances(mongo, audit, idempotency, payments, money.ledger, couriers, tasks)
    return FulfilmentParts((fulfilment, closing, remittances), (*tasks.consumers(), *fulfilment.consumers()))
