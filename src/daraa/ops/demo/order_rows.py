"""Writes what a cell's sales came to: order groups, orders, payments, commissions, delivery tasks and stock."""

from collections import Counter
from datetime import datetime, timedelta

from daraa.ops.demo.chance import Source
from daraa.ops.demo.foundation import DELIVERY_BP
from daraa.ops.demo.rows import Row, Rows, money, point, row
from daraa.ops.demo.sales import Checkout, Line, Market, Sale, totals_hash
from daraa.ops.demo.settlement import RETURN_WINDOW

TASK_STATES = {
    "pending": "waiting",
    "confirmed": "waiting",
    "preparing": "offered",
    "ready": "accepted",
    "picked_up": "picked_up",
    "delivering": "picked_up",
    "delivered": "delivered",
    "returning": "failed",
    "returned": "returned",
    "cancelled": "cancelled",
}
WITH_COURIER = ("accepted", "picked_up", "delivered", "failed", "returned")
TERMINAL = ("delivered", "cancelled", "returned")


def write_orders(market: Market, checkouts: list[Checkout], rows: Rows) -> None:
    """Everything about the checkouts that is not the ledger's. Sets couriers' loads and variants' stock."""
    coupon_uses = Counter[str]()
    for checkout in checkouts:
        rows["order_groups"].append(_group(checkout))
        if checkout.coupon:
            coupon_uses[checkout.customer.account] += 1
            rows["coupon_redemptions"].append(_redemption(market.source, checkout, coupon_uses))
        for sale in checkout.sales:
            reached = sale.reached(market.source.reference)
            status, since = reached[-1]
            rows["orders"].append(_order(sale, status, since, reached))
            rows["payments"].append(_payment(sale, status, since, market.source.reference))
            rows["commissions"] += _commissions(market.source, sale, status, since)
            if sale.fate != "unpaid":
                rows["delivery_tasks"].append(_task(market, sale, status, since))
                _count_for(sale, status)


def _sum(checkout: Checkout, name: str) -> int:
    return sum(int(getattr(sale, name)) for sale in checkout.sales)


def _group(checkout: Checkout) -> Row:
    goods, base = _sum(checkout, "gross"), _sum(checkout, "base")
    return row(checkout.id, checkout.placed) | {
        "number": checkout.number,
        "cartId": checkout.cart,
        "attemptId": checkout.attempt,
        "customerId": checkout.customer.account,
        **({"couponId": checkout.coupon} if checkout.coupon else {}),
        "totals": {
            "goods": money(goods),
            "discount": money(goods - base + _sum(checkout, "coupon")),
            "delivery": money(_sum(checkout, "delivery")),
            "tax": money(0),
            "cashRounding": money(_sum(checkout, "rounding")),
            "total": money(_sum(checkout, "total")),
        },
        "allocations": [
            {"orderId": sale.id, "storeId": sale.store.id, "total": money(sale.total)} for sale in checkout.sales
        ],
    }


def _redemption(source: Source, checkout: Checkout, uses: Counter[str]) -> Row:
    return row(source.id("cpr", checkout.placed, checkout.id), checkout.placed) | {
        "couponId": checkout.coupon,
        "customerId": checkout.customer.account,
        "orderGroupId": checkout.id,
        "useNumber": uses[checkout.customer.account],
        "discount": money(_sum(checkout, "coupon")),
    }


def _order(sale: Sale, status: str, since: datetime, reached: list[tuple[str, datetime]]) -> Row:
    written = row(sale.id, sale.checkout.placed) | {
        "updatedAt": since,
        "ver": len(reached),
        "orderNumber": sale.number,
        "groupId": sale.checkout.id,
        "customerId": sale.checkout.customer.account,
        "storeId": sale.store.id,
        "store": sale.store.signboard,
        "orderStatus": status,
        "paymentMethod": sale.checkout.method,
        "paymentState": _payment_state(sale, status),
        "items": [_line(sale, line) for line in sale.lines],
        "totals": {
            "goods": money(sale.gross),
            "discount": money(sale.gross - sale.base + sale.coupon),
            "delivery": money(sale.delivery),
            "tax": money(0),
            "cashRounding": money(sale.rounding),
            "total": money(sale.total),
        },
        "totalsHash": totals_hash(sale),
        "attemptId": sale.checkout.attempt,
        "awaitsPayment": sale.fate == "unpaid" and status == "pending",
        "returnDays": RETURN_WINDOW.days,
        "deliveryAddress": sale.checkout.customer.address_copy,
        "history": [{"status": name, "at": at} for name, at in reached],
        "dueAt": sale.checkout.placed + timedelta(hours=3),
    }
    if TASK_STATES[status] in WITH_COURIER:
        written["courierId"] = sale.courier.profile_id
    if status in TERMINAL:
        written["completedAt"] = since
    if status == "cancelled":
        written["cancelReason"] = "فشل الدفع" if sale.fate == "unpaid" else "ألغاه الزبون"
    return written


def _line(sale: Sale, line: Line) -> Row:
    discounts = []
    if line.offer and sale.store.offer:
        discounts.append({"sourceId": sale.store.offer[0], "amount": money(line.offer)})
    if line.coupon:
        discounts.append({"sourceId": sale.checkout.coupon, "amount": money(line.coupon)})
    return {
        "id": line.id,
        "productId": line.product.id,
        "variantId": line.variant.id,
        "name": line.product.name,
        "sku": line.variant.sku,
        "image": line.product.image,
        "unitPrice": money(line.variant.price),
        "quantity": line.quantity,
        "discounts": discounts,
        "total": money(line.total),
        "commission": {
            "ruleId": sale.rule,
            "rateBasisPoints": sale.rate,
            "base": money(line.base),
            "amount": money(line.commission),
        },
        "returnedQuantity": line.returned,
    }


def _payment_state(sale: Sale, status: str) -> str:
    if sale.fate == "unpaid" and status == "cancelled":
        return "failed"
    if sale.refunded:
        return "refunded" if sale.refunded == sale.captured else "partially_refunded"
    return "paid" if sale.captured else "pending"


def _payment(sale: Sale, status: str, since: datetime, reference: datetime) -> Row:
    method, placed = sale.checkout.method, sale.checkout.placed
    state = {"paid": "completed"}.get(_payment_state(sale, status), _payment_state(sale, status))
    if status in ("cancelled", "returned") and not sale.captured and state == "pending":
        state = "cancelled"
    written = row(sale.payment, placed) | {
        "updatedAt": since,
        "orderId": sale.id,
        "groupId": sale.checkout.id,
        "customerId": sale.checkout.customer.account,
        "storeId": sale.store.id,
        "method": method,
        "parts": [{"method": method, "amount": money(sale.total)}],
        "amount": money(sale.total),
        "captured": money(sale.captured),
        "refundable": money(sale.captured - sale.refunded),
        "status": "processing" if state == "pending" and sale.fate == "unpaid" else state,
        "tries": [],
    }
    if sale.captured:
        written["paidAt"] = since if method == "cash" else placed
    if status in TERMINAL:
        written["completedAt"] = since
    if TASK_STATES[status] in WITH_COURIER:
        written["courierId"] = sale.courier.profile_id
    if method == "card":
        tried = "failed" if state == "failed" else "processing" if state == "pending" else "completed"
        written |= {"provider": "demo", "providerRef": sale.provider_ref, "tries": [{"at": placed, "status": tried}]}
    if state == "failed":
        written["failureReason"] = "رفضت البطاقة"
    if method == "cash":
        written["cashState"] = _cash_state(sale, status)
    return written


def _cash_state(sale: Sale, status: str) -> str:
    if status in ("cancelled", "returned"):
        return "waived"
    if sale.released_at:
        return "settled"
    if sale.remitted_at:
        return "remitted"
    return "collected" if sale.captured else "due"


def _commissions(source: Source, sale: Sale, status: str, since: datetime) -> list[Row]:
    settled = "earned" if sale.released_at else "accrued"
    state = "reversed" if status in ("cancelled", "returned") else settled
    shares = [("platform", sale.base, sale.rate, sale.commission)]
    if sale.delivery:
        shares.append(("delivery", sale.delivery, DELIVERY_BP, sale.delivery_share))
    taken_back = sum(line.commission for line in sale.lines if line.returned)
    placed, written = sale.checkout.placed, []
    for kind, base, rate, amount in shares:
        back = amount if state == "reversed" else taken_back if kind == "platform" else 0
        share = row(source.id("com", placed, f"{sale.id}:{kind}"), placed) | {
            "orderId": sale.id,
            "storeId": sale.store.id,
            "kind": kind,
            "status": state,
            "ruleId": sale.rule,
            "base": money(base),
            "rateBp": rate,
            "amount": money(amount),
            "reversedAmount": money(back),
            "dueAt": (since if status == "delivered" else placed) + RETURN_WINDOW,
        }
        if sale.close_journal:
            share |= {"journalId": sale.close_journal, "courierId": sale.courier.profile_id}
        if sale.released_at:
            share["earnedAt"] = sale.released_at
        written.append(share)
    return written


def _task(market: Market, sale: Sale, status: str, since: datetime) -> Row:
    state, courier = TASK_STATES[status], sale.courier.profile_id
    task = row(market.source.id("tsk", sale.checkout.placed, sale.id), sale.checkout.placed) | {
        "updatedAt": since,
        "orderId": sale.id,
        "orderNumber": sale.number,
        "customerId": sale.checkout.customer.account,
        "storeId": sale.store.id,
        "store": sale.store.signboard,
        "zoneId": market.zone.id,
        "state": state,
        "offers": [],
        "pinTries": 0,
        "failures": [],
        "pickup": point(sale.store.position),
        "dropoff": sale.checkout.customer.address_copy["location"],
        "address": sale.checkout.customer.address_copy,
        "failedAttempts": 1 if state in ("failed", "returned") else 0,
    }
    if state == "waiting":
        task["dueAt"] = since
    if state == "offered":
        task["offers"] = [{"courierId": courier, "offeredAt": since, "answer": "open"}]
        task["offerExpiresAt"] = since + timedelta(minutes=15)
    if state in WITH_COURIER:
        offered = sale.when("preparing") or since
        task |= {"courierId": courier, "offers": [{"courierId": courier, "offeredAt": offered, "answer": "accepted"}]}
    if sale.checkout.method == "cash":
        task["codDue"] = money(sale.total)
    if state == "delivered":
        proof = {"location": task["dropoff"], "at": since}
        task |= {"deliveredAt": since, "proof": proof}
        if sale.captured and sale.checkout.method == "cash":
            task["codCollected"] = money(sale.captured)
    return task


def _count_for(sale: Sale, status: str) -> None:
    """What an order adds to the documents it touches."""
    if TASK_STATES[status] in ("accepted", "picked_up"):
        sale.courier.active += 1
    if status == "delivered":
        stats = sale.checkout.customer.profile["stats"]
        stats["orderCount"] += 1
        stats["spent"] = money(stats["spent"]["amount"] + sale.captured - sale.refunded)
