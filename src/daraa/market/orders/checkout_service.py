"""Places carts: the protocol of market.md §2, step by step; every step may be killed and run again.

claim → cart open→placing → quote → holds → one transaction. The cart is the arbiter of the attempt: whoever takes it
out of `placing` decides whether the attempt lives, so stock is given back only after that.
"""

import asyncio
import contextvars
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from daraa.collections.carts import Cart
from daraa.collections.payments import Payment
from daraa.collections.wallets import Wallet, WalletKind, WalletStatus
from daraa.kernel.crashpoints import mark
from daraa.kernel.errors import DaraaError
from daraa.kernel.languages import Language
from daraa.kernel.money import Money
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import Actor
from daraa.market.audit.service import Audit
from daraa.market.carts.errors import empty
from daraa.market.carts.service import AttemptState, Carts
from daraa.market.idempotency.service import Answer, Claim, Idempotency
from daraa.market.inventory.service import Stock, Want
from daraa.market.orders import answers, errors
from daraa.market.orders.events import order_news
from daraa.market.orders.placement import Buyer, Placement, place
from daraa.market.orders.pricing_service import Priced, Pricing
from daraa.market.orders.quote import Quote
from daraa.market.orders.repository import OrderRepository
from daraa.market.orders.schemas import CheckoutIn, QuoteParameters, Total
from daraa.market.payments.service import Payments, new_intent_id
from daraa.market.wallets import errors as wallet_errors
from daraa.market.wallets.ledger_service import Ledger
from daraa.market.wallets.postings import paid_by_wallet
from daraa.market.wallets.service import Wallets
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import DUPLICATE
from daraa.stores.mongo.outbox import append_events
from daraa.stores.mongo.session import Session

T = TypeVar("T")
ATTEMPT = timedelta(seconds=30)
"""How long a cart may be in placement before the sweeper opens it again; above the API's request time-out."""
HOLD = timedelta(minutes=2)
"""How long stock stays set aside: past the attempt's end, so that the sweeper decides by the cart first."""
NUMBERS = 3
"""How often new random numbers are drawn when one is taken; each has 50 bits."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ready:
    """Everything that the transaction writes, made before it: it may run several times."""

    claim: Claim
    actor: Actor
    cart: Cart
    quote: Quote
    placement: Placement
    payments: list[Payment]
    intent_id: str | None
    wallet: Wallet | None
    answer: Answer


class Checkout:
    """Turns an open cart into an order group, once."""

    def __init__(
        self,
        mongo: Mongo,
        pricing: Pricing,
        carts: Carts,
        stock: Stock,
        payments: Payments,
        wallets: Wallets,
        ledger: Ledger,
        audit: Audit,
        idempotency: Idempotency,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._mongo, self._pricing, self._carts, self._stock = mongo, pricing, carts, stock
        self._payments, self._wallets, self._ledger = payments, wallets, ledger
        self._audit, self._idempotency, self._clock = audit, idempotency, clock
        self._repository = OrderRepository(mongo)

    async def quote(self, actor: Actor, wanted: QuoteParameters, language: Language) -> dict[str, Any]:
        """What the open cart would cost now; refused like a checkout. It reserves nothing and promises nothing."""
        cart = await self._carts.find_open(actor.id)
        if cart is None or not cart.items:
            raise empty()
        priced = await self._pricing.price(actor.id, cart, wanted.address_id, wanted.way())
        return answers.quote(priced.quote, language)

    async def place(self, actor: Actor, claim: Claim, wanted: CheckoutIn, language: Language) -> Answer:
        """Place the open cart, in the attempt that the claim names; the group with its orders, status 201.

        Whatever is refused or fails leaves the cart open and nothing held: `carts.cart.empty`, `carts.cart.placing`,
        everything that `Pricing.price` refuses, `orders.price.changed`, `orders.wallet.short`,
        `wallets.wallet.frozen`, `inventory.stock.short`.
        """
        wanted.payment.way(wanted.expected_total.currency)
        if claim.burned is not None:
            await self._abandon(claim.burned)
        now = claim.taken_at
        begun = False
        try:
            cart = await _answered(self._carts.begin(actor.id, claim.attempt_id, now + ATTEMPT))
            begun = True
            mark("orders.begun")
            make = await self._prepare(actor, claim, cart, wanted, language)
            wants = [Want(item.store_id, item.variant_id, item.quantity) for item in cart.items]
            await _answered(self._stock.hold(claim.attempt_id, wants, now + HOLD))
            mark("orders.held")
            answer = await self._commit(make)
        except BaseException as error:
            if begun or not isinstance(error, DaraaError) or error.spec.status >= 500:
                await _unbounded(self._abandon(claim.attempt_id))
            raise
        mark("orders.placed")
        return answer

    async def _abandon(self, attempt_id: str) -> None:
        """Take the cart out of the attempt first, give its stock back then; the attempt is burned from here on.

        A cart that is in the attempt no more was opened by the sweeper (its late holds go too) or has been placed.
        """
        if await self._carts.reopen(attempt_id) or (
            await self._carts.state_of_attempt(attempt_id) is AttemptState.BURNED
        ):
            await self._stock.release(attempt_id)

    async def _prepare(
        self, actor: Actor, claim: Claim, cart: Cart, wanted: CheckoutIn, language: Language
    ) -> Callable[[], Ready]:
        """Quote and compare; what is returned draws new ids and numbers each time."""
        way = wanted.payment.way(cart.currency)
        priced = await self._pricing.price(actor.id, cart, wanted.address_id, way)
        agree(priced.quote, wanted.expected_total)
        wallet = await self._wallet(actor, priced.quote)
        return partial(self._ready, actor, claim, cart, priced, wallet, wanted.note, language)

    async def _wallet(self, actor: Actor, quote: Quote) -> Wallet | None:
        """The wallet that pays, looked at before anything is held; the guard in the transaction decides."""
        if not quote.by_wallet:
            return None
        wallet = await self._wallets.get_or_open(actor.id, WalletKind.CUSTOMER, quote.currency)
        if wallet.status is not WalletStatus.ACTIVE:
            raise wallet_errors.frozen() if wallet.status is WalletStatus.FROZEN else wallet_errors.closed()
        if wallet.available < quote.by_wallet:
            raise wallet_short(quote)
        return wallet

    def _ready(
        self,
        actor: Actor,
        claim: Claim,
        cart: Cart,
        priced: Priced,
        wallet: Wallet | None,
        note: str | None,
        language: Language,
    ) -> Ready:
        quote = priced.quote
        buyer = Buyer(actor.id, claim.attempt_id, cart.id, note)
        placement = place(quote, buyer, priced.address, self._clock.now())
        intent_id = new_intent_id() if quote.by_card else None
        payments = self._payments.plan(
            placement.dues(quote), [order.tender for order in quote.orders], quote.way.method, intent_id=intent_id
        )
        answer = _answer(placement, intent_id, language)
        return Ready(claim, actor, cart, quote, placement, payments, intent_id, wallet, answer)

    async def _commit(self, make: Callable[[], Ready]) -> Answer:
        """Write it, with other numbers when one is taken. A commit whose answer was lost may have been one."""
        for left in reversed(range(NUMBERS)):
            ready = make()
            try:
                await self._mongo.in_transaction(partial(self._write, ready))
            except DaraaError as error:
                if error.code == wallet_errors.SHORT:
                    raise wallet_short(ready.quote) from error
                if error.code == DUPLICATE and left:
                    _LOG.info("a number is taken: %s", error.details.get("index"))
                    continue
                if error.spec.status < 500 or not await self._is_placed(ready.claim.attempt_id):
                    raise
            return ready.answer
        raise AssertionError("the last try returns or raises")

    async def _is_placed(self, attempt_id: str) -> bool:
        return await self._carts.state_of_attempt(attempt_id) is AttemptState.COMPLETED

    async def _write(self, ready: Ready, session: Session) -> None:
        """Everything or nothing; the cart first, because it is what others compete for."""
        group, orders = ready.placement.group, ready.placement.orders
        await self._carts.complete(session, ready.cart, ready.claim.attempt_id, group.id)
        await self._repository.insert_all(group, orders, session=session)
        await self._payments.add(session, ready.payments)
        await self._debit(session, ready)
        if ready.intent_id is not None:
            await self._payments.open_checkout_intent(session, ready.intent_id, group.id, ready.payments)
        after = _audited(ready.placement, ready.quote)
        await self._audit.record(
            session, ready.actor, "order_group.place", "order_group", group.id, after=after, first=True
        )
        news = [order_news(order, "order.placed") for order in orders]
        await append_events(self._mongo, session, news, clock=self._clock)
        await self._idempotency.keep(ready.claim, ready.answer, session=session)

    async def _debit(self, session: Session, ready: Ready) -> None:
        if ready.wallet is None:
            return
        postings = [
            paid_by_wallet(
                payment.order_id,
                payment.id,
                ready.wallet.id,
                Money(amount=order.tender.wallet, currency=ready.quote.currency),
            )
            for payment, order in zip(ready.payments, ready.quote.orders, strict=True)
            if order.tender.wallet
        ]
        await self._ledger.post(session, postings, actor=ready.actor, now=self._clock.now())


def agree(quote: Quote, expected: Total) -> None:
    """`orders.price.changed` unless the customer agreed to exactly this total."""
    total = quote.totals.total
    if (total.amount, total.currency) == (expected.amount, expected.currency):
        return
    raise DaraaError(
        errors.PRICE_CHANGED,
        "The total is not the one that you agreed to.",
        hint="Look at the new total, and check out again with it.",
        ar="راجع المجموع الجديد ثم أكد الطلب من جديد.",
        total=total.model_dump(),
        lines=quote.changes(),
        totals=answers.totals(quote.totals),
    )


def wallet_short(quote: Quote) -> DaraaError:
    """What the wallet would have to pay is more than it holds."""
    return DaraaError(
        errors.WALLET_SHORT,
        "The wallet holds less than it should pay.",
        hint="Top it up, or pay a part of it in another way.",
        ar="اشحن المحفظة أو ادفع جزءا من المبلغ بطريقة أخرى.",
        needed={"amount": quote.by_wallet, "currency": quote.currency},
    )


def _answer(placement: Placement, intent_id: str | None, language: Language) -> Answer:
    shown = answers.group(placement.group, placement.orders, intent_id, language)
    return Answer({"data": shown}, 201, location=f"/v1/order-groups/{placement.group.id}")


def _audited(placement: Placement, quote: Quote) -> dict[str, Any]:
    return {
        "orders": [order.id for order in placement.orders],
        "payment_method": quote.way.method.value,
        "total": quote.totals.total.model_dump(),
    }


async def _answered(work: Coroutine[Any, Any, T]) -> T:
    """What the work returns; a cancelled request waits for it all the same.

    Else a command that is on its way could take effect after everything was given back, and stay until the sweeper.
    """
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


async def _unbounded(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end outside of the request: neither its cancellation nor its time bound reaches in."""
    await asyncio.shield(asyncio.create_task(work, context=contextvars.Context()))
