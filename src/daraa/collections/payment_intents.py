"""Payment intents: one sum that a card provider is to take from a customer, and how far that has come."""

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from daraa.collections.parts import Count, Note
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
    Present,
    Ref,
    Unique,
    desc,
)
from daraa.kernel.money import Money

ProviderRef = Annotated[str, StringConstraints(min_length=1, max_length=120)]
"""The provider's own name for a charge or a refund."""


class IntentPurpose(StrEnum):
    """What the money is for: the card part of a checkout, or a wallet."""

    ORDER_GROUP = "order_group"
    TOPUP = "topup"


class IntentStatus(StrEnum):
    """How far it has come; `daraa.market.payments.ranks` says what may follow what."""

    CREATED = "created"
    PROCESSING = "processing"
    CAPTURED = "captured"
    FAILED = "failed"
    EXPIRED = "expired"


class IntentAllocation(Part):
    """The share of one order; `ref` names it to the ledger, where every posting needs a name of its own."""

    order_id: Annotated[Id, Ref("orders")]
    payment_id: Annotated[Id, Ref("payments")]
    amount: Money
    ref: Annotated[str, StringConstraints(max_length=120)]


class PaymentIntent(Document):
    """`look_at` is when the sweeper asks the provider next; without it nothing is expected any more.

    `target_id` is the order group, or the wallet that is topped up. `late` tells of money that came after the intent
    had failed or expired.
    """

    purpose: IntentPurpose
    target_id: Id
    customer_id: Annotated[Id, Ref("accounts")]
    amount: Money
    allocations: Annotated[tuple[IntentAllocation, ...], AtMost(50)] = ()
    provider: Annotated[str, StringConstraints(max_length=40)]
    provider_ref: ProviderRef | None = None
    redirect_url: Annotated[str | None, StringConstraints(max_length=2000)] = None
    status: IntentStatus = IntentStatus.CREATED
    late: bool = False
    failure_reason: Note | None = None
    looks: Count = 0
    look_at: Moment | None = None
    expires_at: Moment
    captured_at: Moment | None = None
    ended_at: Moment | None = None


PAYMENT_INTENTS = Collection(
    PaymentIntent,
    name="payment_intents",
    purpose="One sum that a card provider is to take, for the orders of a checkout or for a wallet.",
    prefix="pin",
    indexes=(
        Unique(
            "provider",
            "provider_ref",
            only=Present("provider_ref"),
            serves="an intent by its provider's reference",
        ),
        Index("target_id", desc("id"), serves="the intents of a checkout or a wallet, newest first"),
        Index("look_at", only=Present("look_at"), serves="intents to ask the provider about, longest due first"),
    ),
    retention=Keep(because="it proves what the provider took and for what"),
    cache=NotCached(because="it decides money"),
    access=Access(app="find insert update"),
    shard_key=("customer_id", "id"),
)
