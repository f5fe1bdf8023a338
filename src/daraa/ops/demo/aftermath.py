"""What follows sales in one cell: reviews with ratings, returns, disputes, messages, referrals, carts, activity."""

from datetime import datetime, timedelta

from daraa.ops.demo.chance import Dice
from daraa.ops.demo.foundation import Foundation
from daraa.ops.demo.rows import Row, Rows, money, row
from daraa.ops.demo.sales import Checkout, Market, Sale
from daraa.ops.demo.settlement import RETURN_DAYS, Comeback
from daraa.ops.demo.shoppers import Customer
from daraa.ops.demo.shops import Product
from daraa.ops.demo.templates import message

PRAISE = (
    ("ممتاز", "جودة رائعة وتوصيل سريع، شكراً لكم."),
    ("جيد جداً", "المنتج كما في الوصف تماماً."),
    ("Great", "Exactly as described, arrived early."),
    ("أنصح به", "اشتريته مرتين ولم أندم."),
)
BLAME = (
    ("متوسط", "تأخر التوصيل قليلاً."),
    ("ليس كما توقعت", "اللون مختلف عن الصورة."),
    ("Could be better", "The packaging was damaged."),
)
MESSAGES_KEPT = timedelta(days=60)
CARTS_KEPT = timedelta(days=7)


def write_aftermath(market: Market, checkouts: list[Checkout], comebacks: list[Comeback], rows: Rows) -> None:
    """Everything that people do because of their orders, or beside them."""
    dice = market.source.dice(f"aftermath:{market.cell.number}")
    reference = market.source.reference
    for checkout in checkouts:
        if checkout.placed > reference - CARTS_KEPT:
            rows["carts"].append(_completed_cart(checkout))
        for sale in checkout.sales:
            status, since = sale.reached(reference)[-1]
            if since > reference - MESSAGES_KEPT:
                rows["notifications"] += _messages(market, sale, status, since, dice)
            if status == "delivered" and since < reference - timedelta(days=1):
                _review(market, sale, since, rows, dice)
                if dice.chance(0.03):
                    rows["disputes"].append(_dispute(market.base, sale, since, dice))
    rows["returns"] += [_return(market.base, comeback) for comeback in comebacks]
    for customer in market.customers:
        _daily_life(market, customer, rows, dice)
    _referrals(market, rows)


def _review(market: Market, sale: Sale, since: datetime, rows: Rows, dice: Dice) -> None:
    line = sale.lines[0]
    targets: list[tuple[str, str, Row]] = []
    if dice.chance(0.35):
        targets.append(("product", line.product.id, line.product.raw))
    if dice.chance(0.15):
        targets.append(("store", sale.store.id, sale.store.raw))
    if dice.chance(0.1):
        targets.append(("courier", sale.courier.profile_id, sale.courier.profile))
    for kind, target, document in targets:
        at = since + timedelta(minutes=dice.between(30, 1400))
        stars = dice.pick((5, 5, 5, 4, 4, 3, 2))
        title, text = dice.pick(PRAISE if stars > 3 else BLAME)
        state = dice.pick(("approved",) * 9 + ("pending",))
        review = row(market.source.id("rev", at, f"{line.id}:{kind}"), at) | {
            "orderId": sale.id,
            "orderLineId": line.id,
            "customerId": sale.checkout.customer.account,
            "storeId": sale.store.id,
            "targetType": kind,
            "targetId": target,
            "stars": stars,
            "title": title,
            "text": text,
            "media": [],
            "state": state,
            "helpfulCount": dice.below(9),
        }
        if state == "approved":
            review["moderation"] = {"by": market.base.admins[2], "at": at + timedelta(minutes=5)}
            document["rating"] = {"sum": document["rating"]["sum"] + stars, "count": document["rating"]["count"] + 1}
            if kind == "store" and dice.chance(0.5):
                answered = at + timedelta(hours=3)
                review["reply"] = {"text": "شكراً لثقتكم بنا.", "by": sale.store.owner, "at": answered}
        rows["reviews"].append(review)


def _return(base: Foundation, comeback: Comeback) -> Row:
    sale, line = comeback.sale, comeback.line
    reached = [
        (status, at)
        for status, days in RETURN_DAYS
        if (at := comeback.delivered + timedelta(days=days)) <= base.source.reference
    ]
    status, since = reached[-1]
    asked = reached[0][1]
    written = row(base.source.id("ret", asked, line.id), asked) | {
        "updatedAt": since,
        "orderId": sale.id,
        "customerId": sale.checkout.customer.account,
        "storeId": sale.store.id,
        "lines": [{"orderLineId": line.id, "quantity": line.quantity, "reason": "not_as_described", "images": []}],
        "method": "courier_pickup",
        "refundMethod": "wallet",
        "status": status,
        "dueAt": since + timedelta(days=2),
    }
    if len(reached) > 1:
        written["storeDecision"] = {"approved": True, "by": sale.store.owner, "at": reached[1][1]}
    if comeback.refund:
        written |= {"refundId": comeback.refund, "closedAt": since}
    return written


def _dispute(base: Foundation, sale: Sale, since: datetime, dice: Dice) -> Row:
    at, line, customer = since + timedelta(hours=dice.between(2, 20)), sale.lines[0], sale.checkout.customer.account
    decided = at + timedelta(days=3)
    is_open = decided > base.source.reference
    said = {"senderId": customer, "text": "وصل الطلب متأخراً ولم يتصل بي أحد.", "byAdmin": False, "at": at}
    written = row(base.source.id("dsp", at, line.id), at) | {
        "orderId": sale.id,
        "storeId": sale.store.id,
        "openedBy": customer,
        "type": dice.pick(("late_delivery", "damaged_item", "missing_item")),
        "state": "open" if is_open else "executed",
        "isOpen": is_open,
        "priority": dice.between(1, 4),
        "dueAt": at + timedelta(days=4),
        "description": "أرجو مراجعة هذا الطلب.",
        "lines": [{"lineId": line.id, "quantity": 1, "reason": "التوصيل"}],
        "evidence": [],
        "messages": [said],
        "earlierMessages": 0,
    }
    if not is_open:
        decision = {"kind": "warning", "notes": "نُبّه المتجر", "decidedBy": base.admins[2]}
        written |= {"assignedTo": base.admins[2], "decision": decision, "resolvedAt": decided}
    return written


def _messages(market: Market, sale: Sale, status: str, since: datetime, dice: Dice) -> list[Row]:
    causes = [("order.placed", sale.checkout.placed)]
    if status in ("delivered", "cancelled"):
        causes.append((f"order.{status}", since))
    customer, written = sale.checkout.customer, []
    store = sale.store.name.ar if customer.language == "ar" else sale.store.name.en
    for key, at in causes:
        kind, title, text = message(key, customer.language, number=sale.number, store=store)
        is_read = dice.chance(0.6)
        written.append(
            row(market.source.id("ntf", at, f"{key}:{sale.id}"), at)
            | {"recipientId": customer.account, "type": kind, "templateKey": key, "templateVersion": 1}
            | {"title": title, "message": text, "relatedId": sale.id, "actionPath": f"/orders/{sale.id}"}
            | {"dedupeKey": f"{key}:{sale.id}", "sendings": [{"channel": "in_app", "state": "sent", "tries": 1}]}
            | {"isRead": is_read, **({"readAt": at + timedelta(minutes=30)} if is_read else {})}
        )
    return written


def _completed_cart(checkout: Checkout) -> Row:
    items = [
        _cart_item(line.product, line.variant.id, line.variant.price, line.quantity, checkout.placed)
        for sale in checkout.sales
        for line in sale.lines
    ]
    return _cart(checkout.cart, checkout.customer, items, checkout.placed) | {
        "state": "completed",
        "isActive": False,
        "orderGroupId": checkout.id,
    }


def _cart(id_: str, customer: Customer, items: list[Row], at: datetime) -> Row:
    return row(id_, at) | {
        "customerId": customer.account,
        "state": "open",
        "isActive": True,
        "items": items,
        "currency": "SYP",
        "addressId": customer.address_id,
        "touchedAt": at,
    }


def _cart_item(product: Product, variant: str, price: int, quantity: int, at: datetime) -> Row:
    return {
        "variantId": variant,
        "productId": product.id,
        "storeId": product.store.id,
        "quantity": quantity,
        "name": product.name,
        "image": product.image,
        "lastPrice": money(price),
        "addedAt": at,
    }


def _daily_life(market: Market, customer: Customer, rows: Rows, dice: Dice) -> None:
    """An open cart for one customer in four, and the traces of a visit within the last month."""
    source = market.source
    at = source.days_ago(dice.between(1, 28)) + timedelta(minutes=dice.below(600))
    seen = [dice.pick(dice.pick(market.stores).products) for _ in range(dice.between(1, 5))]
    if dice.chance(0.25):
        variant = seen[0].variants[0]
        recent = source.reference - timedelta(hours=dice.between(1, 90))
        cart = source.id("crt", recent, f"open:{customer.number}")
        item = _cart_item(seen[0], variant.id, variant.price, dice.between(1, 3), recent)
        rows["carts"].append(_cart(cart, customer, [item], recent))
    hour = at.replace(minute=0, second=0)
    session = source.id("ses", at, str(customer.number))
    events = [
        {"kind": "product_view", "at": at + timedelta(seconds=40 * place), "subjectId": product.id}
        for place, product in enumerate(seen)
    ]
    rows["user_activities"].append(
        row(f"{session}:{hour:%Y%m%d%H}:1", at)
        | {"accountId": customer.account, "sessionId": session, "hour": hour}
        | {"device": dice.pick(("mobile", "mobile", "desktop", "tablet")), "events": events}
    )


def _referrals(market: Market, rows: Rows) -> None:
    """Every seventh customer was brought by the one before; the reward waits for a first order."""
    for place in range(1, len(market.customers), 7):
        referrer, referred = market.customers[place - 1], market.customers[place]
        rows["referrals"].append(
            row(market.source.id("rfl", referred.joined, str(referred.number)), referred.joined)
            | {"code": referrer.profile["referralCode"], "referrerId": referrer.account}
            | {"referredId": referred.account, "state": "pending"}
            | {"rewards": {"referrerPoints": 100, "referredPoints": 50}}
        )
