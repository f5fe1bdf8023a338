"""What fulfilment answers: remittances and the cash that a courier carries."""

from collections.abc import Sequence
from typing import Any

from daraa.collections.courier_profiles import CourierProfile
from daraa.collections.payments import Payment
from daraa.collections.remittances import Remittance
from daraa.market.delivery.answers import moment, money
from daraa.market.fulfilment.closing import cash_due

Json = dict[str, Any]


def remittance(row: Remittance) -> Json:
    """A remittance to its courier and to the hub."""
    return {
        "id": row.id,
        "courier_id": row.courier_id,
        "hub": row.hub,
        "state": row.state.value,
        "declared": money(row.declared),
        "payments": [{"order_id": each.order_id, "amount": money(each.amount)} for each in row.payments],
        "counts": [{"amount": money(each.amount), "at": moment(each.at), "note": each.note} for each in row.counts],
        "created_at": moment(row.created_at),
        "received_at": moment(row.received_at),
    }


def cash(courier: CourierProfile, carried: Sequence[Payment]) -> Json:
    """The cash in a courier's custody, order by order."""
    return {
        "held": money(courier.cash_held),
        "limit": money(courier.cash_limit),
        "over_limit": courier.over_cash_limit,
        "payments": [
            {"order_id": each.order_id, "amount": money(cash_due(each)), "remittance_id": each.remittance_id}
            for each in carried
        ],
    }
