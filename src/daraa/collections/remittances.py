"""Remittances: the cash that a courier brings to a hub, payment by payment, until somebody there has counted it."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from daraa.collections.parts import Note
from daraa.declare import (
    Access,
    AtMost,
    Collection,
    Document,
    Id,
    Index,
    Keep,
    Moment,
    NotCached,
    Part,
    Ref,
    desc,
)
from daraa.kernel.money import Money

HubCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
"""The readable name of a place that takes couriers' cash; part of the ledger account `hub_cash:<hub>`."""


class RemittanceState(StrEnum):
    """Declared by the courier; disputed when another amount was counted; received when the count agreed."""

    DECLARED = "declared"
    DISPUTED = "disputed"
    RECEIVED = "received"
    WITHDRAWN = "withdrawn"


class RemittedPayment(Part):
    """The cash of one order."""

    payment_id: Annotated[Id, Ref("payments")]
    order_id: Annotated[Id, Ref("orders")]
    amount: Money


class Count(Part):
    """What was counted once at the hub, by whom."""

    amount: Money
    by: Annotated[Id, Ref("accounts")]
    at: Moment
    note: Note | None = None


class Remittance(Document):
    """`declared` is the sum of the payments; each of them names this remittance, so it is in no other."""

    courier_id: Annotated[Id, Ref("courier_profiles")]
    hub: HubCode
    state: RemittanceState = RemittanceState.DECLARED
    payments: Annotated[tuple[RemittedPayment, ...], AtMost(200), Field(min_length=1)]
    declared: Money
    counts: Annotated[tuple[Count, ...], AtMost(20)] = ()
    received_at: Moment | None = None
    journal_id: Annotated[Id | None, Ref("journals")] = None


REMITTANCES = Collection(
    Remittance,
    name="remittances",
    purpose="The cash of several orders on its way from one courier to one hub.",
    prefix="rem",
    indexes=(
        Index("courier_id", desc("id"), serves="a courier's remittances, newest first"),
        Index("state", "id", serves="remittances of a state, longest waiting first"),
    ),
    retention=Keep(because="the books refer to it"),
    cache=NotCached(because="it decides who carries cash"),
    access=Access(app="find insert update"),
    shard_key=("courier_id", "id"),
)
