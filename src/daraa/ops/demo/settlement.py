"""Plays a cell's year through its books: payments, deliveries, refunds, releases and payouts in the order of time."""

import heapq
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import count

from daraa.collections import ledger_accounts as accounts
from daraa.ops.demo.book import Book, Entry, WalletState
from daraa.ops.demo.rows import PIASTRES, POINTS, Row, Rows, money, row
from daraa.ops.demo.sales import Checkout, Line, Market, Sale
from daraa.ops.demo.shoppers import Customer

RETURN_WINDOW = timedelta(days=7)
REMIT_AFTER = timedelta(hours=20)
POINT_WORTH = 1000 * PIASTRES
"""What must be paid to earn one loyalty point."""
RETURN_DAYS = (("requested", 1.0), ("approved", 1.5), ("picked_up", 2.5), ("inspected", 3.5), ("refunded", 4.5))


@dataclass(slots=True)
class Comeback:
    """Goods that a customer sends back; the states it reaches lie on `RETURN_DAYS` after delivery."""

    sale: Sale
    line: Line
    delivered: datetime
    refund: str = ""


@dataclass(slots=True)
class Payee:
    """A store or courier, by its wallet, with the earnings that no payout has claimed yet."""

    kind: str
    id: str
    wallet: str
    earnings: list[tuple[str, str, int]]


class Settlement:
    """The books of one cell."""

    def __init__(self, market: Market, rows: Rows) -> None:
        self.market = market
        self.rows = rows
        self.source = market.source
        self.book = Book(market.source, rows)
        self.comebacks: list[Comeback] = []
        self.payees: dict[str, Payee] = {}
        self._due: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._order = count()
        self._points: defaultdict[str, int] = defaultdict(int)
        self._open_wallets()

    def _open_wallets(self) -> None:
        for customer in self.market.customers:
            wallet = WalletState(customer.wallet, customer.account, "customer", customer.joined, customer.is_frozen)
            self.book.open(wallet)
        for store in self.market.stores:
            self.book.open(WalletState(store.wallet, store.id, "store", store.opened))
            self.payees[store.wallet] = Payee("store", store.id, store.wallet, [])
        for courier in self.market.couriers:
            self.book.open(WalletState(courier.wallet, courier.profile_id, "courier", courier.joined))
            self.payees[courier.wallet] = Payee("courier", courier.profile_id, courier.wallet, [])

    def at(self, when: datetime, what: Callable[[datetime], None]) -> None:
        """Let `what` happen then, unless it lies beyond the reference day."""
        if when <= self.source.reference:
            heapq.heappush(self._due, (when, next(self._order), what))

    def play(self, checkouts: list[Checkout]) -> None:
        """Everything that happened up to the reference day, one thing after the other."""
        dice = self.source.dice(f"returns:{self.market.cell.number}")
        for checkout in checkouts:
            for sale in checkout.sales:
                self._schedule(sale, comes_back=dice.chance(0.06))
        for months in range(12):
            self.at(_first_of_month(self.source.reference, months), self._pay_out)
        while self._due:
            when, _, what = heapq.heappop(self._due)
            what(when)
        self.book.close(self.market.base.admins[0])

    def _schedule(self, sale: Sale, *, comes_back: bool) -> None:
        if sale.fate == "unpaid":
            return
        if sale.checkout.method != "cash":
            self.at(sale.checkout.placed, partial(self._paid, sale))
        ends = sale.steps[-1][1]
        if sale.fate != "delivered":
            self.at(ends, partial(self._undone, sale))
            return
        self.at(ends, partial(self._delivered, sale))
        if sale.checkout.method == "cash":
            self.at(ends + REMIT_AFTER, partial(self._remitted, sale))
        self.at(ends + RETURN_WINDOW, partial(self._released, sale))
        if comes_back and ends + timedelta(days=RETURN_DAYS[0][1]) <= self.source.reference:
            comeback = Comeback(sale, sale.lines[-1], ends)
            self.comebacks.append(comeback)
            self.at(ends + timedelta(days=RETURN_DAYS[-1][1]), partial(self._came_back, comeback))

    def _paid(self, sale: Sale, at: datetime) -> None:
        sale.captured = sale.total
        escrow = Entry(accounts.escrow(sale.id), sale.total)
        refs = {"orderId": sale.id, "paymentId": sale.payment}
        if sale.checkout.method == "card":
            self.book.post(
                "capture", sale.provider_ref, at, [Entry(accounts.gateway("demo"), -sale.total), escrow], **refs
            )
            return
        customer = sale.checkout.customer
        self._top_up(customer, sale, at)
        payer = Entry(accounts.wallet(customer.wallet), -sale.total, customer.wallet, "payment")
        self.book.post("pay", sale.id, at, [payer, escrow], **refs)

    def _top_up(self, customer: Customer, sale: Sale, at: datetime) -> None:
        """Fill the wallet a moment before it is needed, by whole five hundred pounds."""
        missing = sale.total - self.book.wallets[customer.wallet].available
        if missing <= 0:
            return
        at -= timedelta(seconds=1)
        reference = self.source.digest(f"topup:{sale.id}").hex()
        extra = int(reference[:2], 16) % 8
        amount = (missing // (500 * PIASTRES) + 1 + extra) * 500 * PIASTRES
        entries = [
            Entry(accounts.gateway("demo"), -amount),
            Entry(accounts.wallet(customer.wallet), amount, customer.wallet, "deposit"),
        ]
        self.book.post("topup", reference, at, entries, actorId=customer.account)

    def _undone(self, sale: Sale, at: datetime) -> None:
        """Cancelled before pickup or returned undelivered: what was captured goes back out of escrow."""
        if not sale.captured:
            return
        method = "wallet" if sale.checkout.method == "wallet" else "original_payment"
        self._refund(
            sale, sale.total, method, at, [Entry(accounts.escrow(sale.id), -sale.total)], sale.checkout.customer
        )

    def _came_back(self, comeback: Comeback, at: datetime) -> None:
        """A line returned inside the window: out of the store's pending money and our commission."""
        sale, line = comeback.sale, comeback.line
        net = line.base - line.commission
        store = Entry(accounts.store_pending(sale.store.id), -net, sale.store.wallet, "refund", "pending")
        # Of an order that is nothing but this line, cash rounded down was never paid: it is not given back either.
        back = min(line.total, sale.captured - sale.refunded)
        sources = [store, Entry(accounts.REV_COMMISSION, -line.commission), Entry(accounts.PROMO_COST, line.coupon)]
        sources.append(Entry(accounts.ROUNDING, line.total - back))
        comeback.refund = self._refund(sale, back, "wallet", at, sources, sale.checkout.customer)
        sale.net_returned += net
        line.returned = line.quantity

    def _refund(
        self, sale: Sale, amount: int, method: str, at: datetime, sources: list[Entry], customer: Customer
    ) -> str:
        refund = self.source.id("ref", at, sale.id)
        wallet = Entry(accounts.wallet(customer.wallet), amount, customer.wallet, "refund")
        target = wallet if method == "wallet" else Entry(accounts.gateway("demo"), amount)
        refs = {"orderId": sale.id, "paymentId": sale.payment, "refundId": refund}
        posted = self.book.post("refund", refund, at, [*sources, target], **refs)
        sale.refunded += amount
        self.rows["refunds"].append(
            row(refund, at)
            | {"paymentId": sale.payment, "orderId": sale.id, "customerId": customer.account}
            | {"storeId": sale.store.id, "amount": money(amount), "method": method, "status": "done"}
            | {"reason": "طلب مرتجع أو ملغى", "requestedBy": customer.account, "journalId": posted.journal}
            | {"approvedBy": self.market.base.admins[1], "tries": 0, "doneAt": at}
        )
        return refund

    def _delivered(self, sale: Sale, at: datetime) -> None:
        refs = {"orderId": sale.id, "paymentId": sale.payment}
        held = sale.total - sale.rounding
        if sale.checkout.method == "cash":
            sale.captured = sale.total
            sale.courier.cash += sale.total
            cash = [
                Entry(accounts.custody(sale.courier.profile_id), -sale.total),
                Entry(accounts.escrow(sale.id), held),
            ]
            self.book.post("cod", sale.id, at, [*cash, Entry(accounts.ROUNDING, sale.rounding)], **refs)
        earned = sale.delivery - sale.delivery_share
        pending = Entry(
            accounts.store_pending(sale.store.id), sale.base - sale.commission, sale.store.wallet, "earning", "pending"
        )
        courier = sale.courier
        entries = [
            Entry(accounts.escrow(sale.id), -held),
            Entry(accounts.PROMO_COST, -sale.coupon),
            pending,
            Entry(accounts.REV_COMMISSION, sale.commission),
            Entry(accounts.courier_earn(courier.profile_id), earned, courier.wallet, "earning"),
            Entry(accounts.REV_DELIVERY, sale.delivery_share),
        ]
        posted = self.book.post("close", sale.id, at, entries, **refs)
        sale.close_journal = posted.journal
        if earned:
            self.payees[courier.wallet].earnings.append((posted.lines[courier.wallet], sale.id, earned))
        self._earn_points(sale, at)

    def _earn_points(self, sale: Sale, at: datetime) -> None:
        points, customer = sale.total // POINT_WORTH, sale.checkout.customer
        if not points:
            return
        entries = [Entry(accounts.POINTS_ISSUED, -points), Entry(accounts.points(customer.account), points)]
        posted = self.book.post("points", sale.id, at, entries, currency=POINTS, orderId=sale.id)
        before = customer.points
        customer.points += points
        self.rows["points_transactions"].append(
            row(self.source.id("pts", at, sale.id), at)
            | {"customerId": customer.account, "type": "earned", "amount": money(points, POINTS)}
            | {"balanceBefore": money(before, POINTS), "balanceAfter": money(customer.points, POINTS)}
            | {"businessKey": f"earned:{sale.id}", "left": points, "isOpen": True, "orderId": sale.id}
            | {"expiresAt": at + timedelta(days=365), "journalId": posted.journal}
            | {"description": {"ar": "نقاط من طلب", "en": "Points from an order"}}
        )

    def _remitted(self, sale: Sale, at: datetime) -> None:
        remittance = self.source.id("rem", at, sale.id)
        cash = [Entry(accounts.hub_cash(self.market.zone.place.code), -sale.total)]
        cash.append(Entry(accounts.custody(sale.courier.profile_id), sale.total))
        self.book.post("remit", remittance, at, cash, orderId=sale.id, paymentId=sale.payment)
        sale.courier.cash -= sale.total
        sale.remitted_at = at

    def _released(self, sale: Sale, at: datetime) -> None:
        sale.released_at = at
        net = sale.base - sale.commission - sale.net_returned
        if not net:
            return
        store = sale.store
        entries = [
            Entry(accounts.store_pending(store.id), -net, store.wallet, "transfer_out", "pending"),
            Entry(accounts.wallet(store.wallet), net, store.wallet, "transfer_in"),
        ]
        posted = self.book.post("release", sale.id, at, entries, orderId=sale.id)
        self.payees[store.wallet].earnings.append((posted.lines[store.wallet], sale.id, net))

    def _pay_out(self, at: datetime) -> None:
        for payee in self.payees.values():
            if payee.earnings:
                self._pay_out_to(payee, at)
                payee.earnings = []

    def _pay_out_to(self, payee: Payee, at: datetime) -> None:
        payout = self.source.id("pyt", at, payee.wallet)
        amount = sum(earned for _, _, earned in payee.earnings)
        document = row(payout, at) | {
            "payeeKind": payee.kind,
            "payeeId": payee.id,
            "walletId": payee.wallet,
            "state": "draft",
            "amount": money(amount),
            "lineCount": len(payee.earnings),
            "periodFrom": _first_of_month(at, 1),
            "periodTo": at,
            "bankAccount": f"SY00DEMO{payee.wallet[-16:]}",
        }
        self.rows["payouts"].append(document)
        for line, order, earned in payee.earnings:
            self.rows["payout_lines"].append(
                row(self.source.id("pyl", at, line), at)
                | {"payoutId": payout, "payeeId": payee.id, "earningId": line, "orderId": order}
                | {"amount": money(earned)}
            )
        self.at(at + timedelta(hours=4), partial(self._approved, document))
        self.at(at + timedelta(days=1), partial(self._sent, document))
        self.at(at + timedelta(days=2), partial(self._arrived, document))

    def _approved(self, payout: Row, at: datetime) -> None:
        payout |= {"state": "approved", "approvedBy": self.market.base.admins[1], "updatedAt": at}

    def _sent(self, payout: Row, at: datetime) -> None:
        amount, wallet = payout["amount"]["amount"], payout["walletId"]
        payer = Entry(accounts.wallet(wallet), -amount, wallet, "withdrawal")
        posted = self.book.post(
            "payout", payout["_id"], at, [payer, Entry(accounts.BANK, amount)], payoutId=payout["_id"]
        )
        payout |= {"state": "sent", "sentAt": at, "journalId": posted.journal, "updatedAt": at}

    def _arrived(self, payout: Row, at: datetime) -> None:
        reference = self.source.digest(payout["_id"], 6).hex()
        payout |= {"state": "paid", "paidAt": at, "bankReference": reference, "updatedAt": at}


def _first_of_month(reference: datetime, months_before: int) -> datetime:
    """Six in the morning on the first of the month that many months before."""
    month = reference.year * 12 + reference.month - 1 - months_before
    return reference.replace(year=month // 12, month=month % 12 + 1, day=1, hour=6, minute=0, second=0)
