"""Payout lines: the claim of one payout on one earning; its unique key makes paying twice impossible."""

from typing import Annotated

from daraa.declare import Access, Collection, Document, Id, Index, Keep, NotCached, Ref, Unique
from daraa.kernel.money import Money


class PayoutLine(Document):
    """`earning_id` is the wallet line that made the money available."""

    payout_id: Annotated[Id, Ref("payouts")]
    payee_id: Id
    earning_id: Annotated[Id, Ref("wallet_transactions")]
    order_id: Annotated[Id | None, Ref("orders")] = None
    amount: Money


PAYOUT_LINES = Collection(
    PayoutLine,
    name="payout_lines",
    purpose="One earning that one payout pays.",
    prefix="pyl",
    indexes=(
        Unique("earning_id", serves="the payout line of an earning"),
        Index("payout_id", "id", serves="the lines of a payout in order"),
    ),
    retention=Keep(because="the books refer to it"),
    cache=NotCached(because="it decides money"),
    access=Access(app="find insert"),
    shard_key=("payee_id", "id"),
)
