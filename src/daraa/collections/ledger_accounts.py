"""The names of the ledger's accounts, shared by everybody who posts: what owes the platform runs negative."""

BANK = "bank"
"""What left the platform for somebody's bank account."""
ROUNDING = "rounding"
"""What cash totals were rounded up by, less what they were rounded down by."""
PROMO_COST = "promo_cost"
"""What coupons and offers of the platform cost it."""
REV_COMMISSION = "rev_commission"
"""The platform's share of sales."""
REV_DELIVERY = "rev_delivery"
"""The platform's share of delivery fees."""
POINTS_ISSUED = "points_issued"
"""The other side of all loyalty points, in `PTS`."""


def wallet(wallet_id: str) -> str:
    """What the owner of a wallet may spend."""
    return f"wallet:{wallet_id}"


def held(wallet_id: str) -> str:
    """What the owner of a wallet has asked to be paid out and may not spend any more."""
    return f"held:{wallet_id}"


def store_pending(store_id: str) -> str:
    """What a store has earned and gets once the return window is over; it lies in its wallet as pending."""
    return f"store_pending:{store_id}"


def courier_earn(courier_id: str) -> str:
    """What a courier (a courier profile) has earned; it lies in its wallet as available."""
    return f"courier_earn:{courier_id}"


def escrow(order_id: str) -> str:
    """What was paid for an order that is not closed yet."""
    return f"escrow:{order_id}"


def gateway(provider: str) -> str:
    """What a payment provider has taken from customers and owes the platform."""
    return f"gateway:{provider}"


def custody(courier_id: str) -> str:
    """The cash that a courier (a courier profile) carries."""
    return f"custody:{courier_id}"


def hub_cash(hub: str) -> str:
    """The cash in the safe of a hub."""
    return f"hub_cash:{hub}"


def points(account_id: str) -> str:
    """The loyalty points of a customer, in `PTS`."""
    return f"points:{account_id}"
