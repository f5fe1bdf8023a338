"""The life of an order as one table: from which state to which, and who may say so."""

from collections.abc import Mapping
from enum import StrEnum

from daraa.collections.accounts import Role
from daraa.collections.orders import OrderStatus
from daraa.market.actor import Actor


class Party(StrEnum):
    """In which part somebody acts on an order."""

    CUSTOMER = "customer"
    SELLER = "seller"
    COURIER = "courier"
    ADMIN = "admin"
    SYSTEM = "system"


S, P = OrderStatus, Party
EDGES: Mapping[tuple[OrderStatus, OrderStatus], frozenset[Party]] = {
    (S.PENDING, S.CONFIRMED): frozenset({P.SELLER}),
    (S.PENDING, S.CANCELLED): frozenset({P.CUSTOMER, P.SELLER, P.ADMIN, P.SYSTEM}),
    (S.CONFIRMED, S.PREPARING): frozenset({P.SELLER}),
    (S.CONFIRMED, S.CANCELLED): frozenset({P.SELLER, P.ADMIN}),
    (S.PREPARING, S.READY): frozenset({P.SELLER}),
    (S.PREPARING, S.CANCELLED): frozenset({P.ADMIN}),
    (S.READY, S.PICKED_UP): frozenset({P.COURIER}),
    (S.READY, S.CANCELLED): frozenset({P.ADMIN}),
    (S.PICKED_UP, S.DELIVERING): frozenset({P.COURIER, P.SYSTEM}),
    (S.PICKED_UP, S.DELIVERED): frozenset({P.COURIER}),
    (S.PICKED_UP, S.RETURNING): frozenset({P.COURIER, P.ADMIN}),
    (S.DELIVERING, S.DELIVERED): frozenset({P.COURIER}),
    (S.DELIVERING, S.RETURNING): frozenset({P.COURIER, P.ADMIN}),
    (S.RETURNING, S.RETURNED): frozenset({P.COURIER, P.SELLER, P.ADMIN}),
}
"""Every allowed step with those who may take it. Cancelling ends where the goods leave the store."""

LAST = frozenset({S.DELIVERED, S.CANCELLED, S.RETURNED})
NEEDS_PAYMENT = frozenset({S.CONFIRMED, S.PREPARING, S.READY, S.PICKED_UP, S.DELIVERING, S.DELIVERED})
"""The states that an order whose card part is not captured must not reach."""
_OF_ROLE = {
    Role.CUSTOMER: P.CUSTOMER,
    Role.STORE_OWNER: P.SELLER,
    Role.COURIER: P.COURIER,
    Role.ADMIN: P.ADMIN,
}


def parties_of(actor: Actor) -> frozenset[Party]:
    """The parts in which an actor may act, by role; a service that has checked more says the part itself."""
    if actor.account_id is None:
        return frozenset({P.SYSTEM})
    return frozenset(_OF_ROLE[role] for role in actor.roles)


def is_allowed(before: OrderStatus, to: OrderStatus, parties: frozenset[Party]) -> bool:
    """True when one of the parties may take this step."""
    return bool(EDGES.get((before, to), frozenset()) & parties)


def next_states(status: OrderStatus, party: Party) -> tuple[OrderStatus, ...]:
    """Where a party may take an order from here, for the answer of a refusal."""
    return tuple(to for (before, to), who in EDGES.items() if before is status and party in who)
