"""What each event posts: one pure builder for every row of the posting table, entries signed and summing to zero.

Credits are positive; what owes the platform runs negative. Sides of zero may be given: they are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from daraa.collections import ledger_accounts as accounts
from daraa.collections.journals import Journal, JournalKind
from daraa.collections.wallet_transactions import WalletTransaction, WalletTransactionStatus, WalletTransactionType
from daraa.kernel.money import Money

AVAILABLE, PENDING, HELD = (
    WalletTransactionStatus.COMPLETED,
    WalletTransactionStatus.PENDING,
    WalletTransactionStatus.HELD,
)
Type = WalletTransactionType


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a posting. With a wallet, `balance` says which of its balances moves; `told` makes it an event."""

    account: str
    amount: int
    wallet_id: str | None = None
    type: WalletTransactionType | None = None
    balance: WalletTransactionStatus = AVAILABLE
    told: bool = False


@dataclass(frozen=True, slots=True)
class Posting:
    """One journal to be posted; `key` after the colon names the event for ever (`pay:<order>`)."""

    kind: JournalKind
    business_key: str
    currency: str
    sides: tuple[Side, ...]
    order_id: str | None = None
    payment_id: str | None = None
    refund_id: str | None = None
    reverses: str | None = None
    memo: str | None = None

    @property
    def moving(self) -> tuple[Side, ...]:
        """The sides that move something."""
        return tuple(side for side in self.sides if side.amount)


def _available(wallet_id: str, amount: int, type: WalletTransactionType, *, told: bool = False) -> Side:
    return Side(accounts.wallet(wallet_id), amount, wallet_id, type, told=told)


def paid_by_wallet(order_id: str, payment_id: str, wallet_id: str, amount: Money) -> Posting:
    """The wallet's part of an order goes into its escrow when the order is placed."""
    payer = _available(wallet_id, -amount.amount, Type.PAYMENT)
    sides = (payer, Side(accounts.escrow(order_id), amount.amount))
    return Posting(JournalKind.PAY, f"pay:{order_id}", amount.currency, sides, order_id, payment_id)


def captured(order_id: str, payment_id: str, provider: str, provider_ref: str, amount: Money) -> Posting:
    """The card's part of an order; `provider_ref` is that of the capture for this very order."""
    sides = (Side(accounts.gateway(provider), -amount.amount), Side(accounts.escrow(order_id), amount.amount))
    return Posting(JournalKind.CAPTURE, f"capture:{provider_ref}", amount.currency, sides, order_id, payment_id)


def cash_handed_over(order_id: str, payment_id: str, courier_id: str, cash: Money, rounding: Money) -> Posting:
    """The customer gave `cash` to the courier (a courier profile), of which `rounding` is no part of the order."""
    sides = (
        Side(accounts.custody(courier_id), -cash.amount),
        Side(accounts.escrow(order_id), cash.amount - rounding.amount),
        Side(accounts.ROUNDING, rounding.amount),
    )
    return Posting(JournalKind.COD, f"cod:{order_id}", cash.currency, sides, order_id, payment_id)


def remitted(remittance_id: str, hub: str, courier_id: str, amount: Money) -> Posting:
    """The courier (a courier profile) gave cash to a hub."""
    sides = (Side(accounts.hub_cash(hub), -amount.amount), Side(accounts.custody(courier_id), amount.amount))
    return Posting(JournalKind.REMIT, f"remit:{remittance_id}", amount.currency, sides)


def closed(
    order_id: str,
    payment_id: str,
    *,
    store_id: str,
    store_wallet: str,
    goods_share: Money,
    commission: Money,
    delivery_share: Money,
    courier_id: str | None = None,
    courier_wallet: str | None = None,
    courier_share: Money | None = None,
    platform_coupon: Money | None = None,
) -> Posting:
    """Delivered: escrow is divided among store (pending), platform and courier (a courier profile; available).

    `goods_share` is the goods less commission; `delivery_share` the platform's part of the delivery fee. What a
    platform's coupon paid comes from its own cost account, so escrow holds the shares less the coupon.
    """
    earned = courier_share.amount if courier_share else 0
    coupon = platform_coupon.amount if platform_coupon else 0
    if earned and not (courier_id and courier_wallet):
        raise ValueError("a courier's share needs the courier and the wallet")
    whole = goods_share.amount + commission.amount + delivery_share.amount + earned
    sides = (
        Side(accounts.escrow(order_id), coupon - whole),
        Side(accounts.PROMO_COST, -coupon),
        Side(accounts.store_pending(store_id), goods_share.amount, store_wallet, Type.EARNING, PENDING),
        Side(accounts.REV_COMMISSION, commission.amount),
        Side(accounts.courier_earn(courier_id or ""), earned, courier_wallet, Type.EARNING),
        Side(accounts.REV_DELIVERY, delivery_share.amount),
    )
    return Posting(JournalKind.CLOSE, f"close:{order_id}", goods_share.currency, sides, order_id, payment_id)


def released(order_id: str, store_id: str, store_wallet: str, amount: Money) -> Posting:
    """The return window is over and the cash is in the hub: the store may have its money."""
    sides = (
        Side(accounts.store_pending(store_id), -amount.amount, store_wallet, Type.TRANSFER_OUT, PENDING),
        _available(store_wallet, amount.amount, Type.TRANSFER_IN, told=True),
    )
    return Posting(JournalKind.RELEASE, f"release:{order_id}", amount.currency, sides, order_id)


def refunded_before_close(
    refund_id: str,
    order_id: str,
    payment_id: str,
    amount: Money,
    *,
    to_wallet: str | None = None,
    to_gateway: str | None = None,
) -> Posting:
    """Out of an order's escrow back to exactly one of the customer's wallet and the payment provider."""
    if (to_wallet is None) == (to_gateway is None):
        raise ValueError("a refund goes either to a wallet or to a gateway")
    if to_wallet is not None:
        target = _available(to_wallet, amount.amount, Type.REFUND, told=True)
    else:
        target = Side(accounts.gateway(to_gateway or ""), amount.amount)
    sides = (Side(accounts.escrow(order_id), -amount.amount), target)
    key = f"refund:{refund_id}"
    return Posting(JournalKind.REFUND, key, amount.currency, sides, order_id, payment_id, refund_id)


def refunded_by_wallet_instead(
    refund_id: str, order_id: str, payment_id: str, provider: str, wallet_id: str, amount: Money
) -> Posting:
    """The provider could not give it back on the card: it still owes us, and the customer has it in the wallet."""
    sides = (
        Side(accounts.gateway(provider), -amount.amount),
        _available(wallet_id, amount.amount, Type.REFUND, told=True),
    )
    key = f"refund:{refund_id}"
    return Posting(JournalKind.REFUND, key, amount.currency, sides, order_id, payment_id, refund_id)


def topped_up(provider: str, provider_ref: str, wallet_id: str, amount: Money) -> Posting:
    """A payment provider took money from the customer for the wallet."""
    sides = (
        Side(accounts.gateway(provider), -amount.amount),
        _available(wallet_id, amount.amount, Type.DEPOSIT, told=True),
    )
    return Posting(JournalKind.TOPUP, f"topup:{provider_ref}", amount.currency, sides)


def transferred(transfer_id: str, from_wallet: str, to_wallet: str, amount: Money, memo: str | None = None) -> Posting:
    """From one customer's wallet to another's."""
    sides = (
        _available(from_wallet, -amount.amount, Type.TRANSFER_OUT),
        _available(to_wallet, amount.amount, Type.TRANSFER_IN, told=True),
    )
    return Posting(JournalKind.TRANSFER, f"transfer:{transfer_id}", amount.currency, sides, memo=memo)


def withdrawal_held(withdrawal_id: str, wallet_id: str, amount: Money) -> Posting:
    """Asked to be paid out: no longer to be spent."""
    sides = (
        _available(wallet_id, -amount.amount, Type.WITHDRAWAL),
        Side(accounts.held(wallet_id), amount.amount, wallet_id, Type.WITHDRAWAL, HELD),
    )
    return Posting(JournalKind.WITHDRAWAL, f"withdrawal_held:{withdrawal_id}", amount.currency, sides)


def withdrawal_settled(withdrawal_id: str, wallet_id: str, amount: Money) -> Posting:
    """Paid out through the bank."""
    sides = (
        Side(accounts.held(wallet_id), -amount.amount, wallet_id, Type.WITHDRAWAL, HELD, told=True),
        Side(accounts.BANK, amount.amount),
    )
    return Posting(JournalKind.WITHDRAWAL, f"withdrawal_settled:{withdrawal_id}", amount.currency, sides)


def withdrawal_returned(withdrawal_id: str, wallet_id: str, amount: Money) -> Posting:
    """Refused: may be spent again."""
    sides = (
        Side(accounts.held(wallet_id), -amount.amount, wallet_id, Type.WITHDRAWAL, HELD),
        _available(wallet_id, amount.amount, Type.WITHDRAWAL, told=True),
    )
    return Posting(JournalKind.WITHDRAWAL, f"withdrawal_returned:{withdrawal_id}", amount.currency, sides)


def mirror(journal: Journal, lines: Sequence[WalletTransaction], memo: str) -> Posting:
    """The exact opposite of a journal, on the same balances; `lines` are its wallet lines."""
    balances = {line.line: line.status for line in lines}
    sides = tuple(
        Side(
            entry.account,
            -entry.amount.amount,
            entry.wallet_id,
            Type.ADJUSTMENT if entry.wallet_id else None,
            balances[number] if entry.wallet_id else AVAILABLE,
        )
        for number, entry in enumerate(journal.entries)
    )
    return Posting(
        JournalKind.REVERSE,
        f"reverse:{journal.id}",
        journal.entries[0].amount.currency,
        sides,
        journal.order_id,
        journal.payment_id,
        journal.refund_id,
        reverses=journal.id,
        memo=memo,
    )
