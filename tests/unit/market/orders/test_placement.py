"""What is placed is what was quoted, sealed and copied, under numbers that tell nothing."""

from datetime import UTC, datetime

from daraa.collections.addresses import Address
from daraa.collections.formulas import totals_seal
from daraa.collections.order_parts import PaymentMethod
from daraa.collections.orders import PaymentState
from daraa.declare import Point
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from daraa.market.orders.events import TYPES, order_news, order_payload
from daraa.market.orders.placement import BASE32, Buyer, Placement, place, readable_number
from daraa.market.orders.quote import Quote, Way
from factories.quotes import an_offer, quoted

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BUYER = Buyer(new_id("acc"), new_id("att"), new_id("crt"), "بعد العصر")
ADDRESS = Address(
    id=new_id("adr"), owner_id=BUYER.customer_id, label="البيت", recipient="سامر", phone="+963944000001",
    city="درعا", street="شارع", building="7", landmark="قرب الجامع", instructions="الجرس الثاني",
    location=Point(coordinates=(36.1, 32.6)), last_used_at=NOW, **stamp(NOW),
)  # fmt: skip


def placed(way: Way) -> tuple[Quote, Placement]:
    offers = [an_offer(new_id("sto"), 1_000), an_offer(new_id("sto"), 2_000)]
    quote = quoted([*offers, an_offer(offers[0].store_id, 300)], [1, 2, 3], way)
    return quote, place(quote, BUYER, ADDRESS, NOW)


def test_the_group_bears_exactly_its_orders() -> None:
    quote, placement = placed(Way(PaymentMethod.CASH))
    group, orders = placement.group, placement.orders
    assert [share.order_id for share in group.allocations] == [order.id for order in orders]
    assert [share.total for share in group.allocations] == [order.totals.total for order in orders]
    assert group.totals == quote.totals
    assert {order.group_id for order in orders} == {group.id}
    assert {order.attempt_id for order in orders} == {group.attempt_id} == {BUYER.attempt_id}
    assert [len(order.items) for order in orders] == [2, 1]


def test_money_is_sealed_and_commission_frozen() -> None:
    quote, placement = placed(Way(PaymentMethod.CASH))
    for order, quoted_order in zip(placement.orders, quote.orders, strict=True):
        assert order.totals_hash == totals_seal(order.id, order.totals)
        assert [line.commission for line in order.items] == [line.commission for line in quoted_order.lines]
        assert order.delivery_commission == quoted_order.delivery_commission


def test_only_a_wallet_has_paid_at_once_and_only_a_card_is_waited_for() -> None:
    states = {}
    for way in (
        Way(PaymentMethod.CASH),
        Way(PaymentMethod.WALLET),
        Way(PaymentMethod.CARD),
        Way(PaymentMethod.MIXED, 2_000),
        Way(PaymentMethod.MIXED, 2_000, PaymentMethod.CARD),
    ):
        order = placed(way)[1].orders[0]
        states[way.method, way.rest] = (order.payment_state, order.awaits_payment)
    assert states == {
        (PaymentMethod.CASH, PaymentMethod.CASH): (PaymentState.PENDING, False),
        (PaymentMethod.WALLET, PaymentMethod.CASH): (PaymentState.PAID, False),
        (PaymentMethod.CARD, PaymentMethod.CASH): (PaymentState.PENDING, True),
        (PaymentMethod.MIXED, PaymentMethod.CASH): (PaymentState.PENDING, False),
        (PaymentMethod.MIXED, PaymentMethod.CARD): (PaymentState.PENDING, True),
    }


def test_the_address_is_copied_with_the_zone_that_was_priced() -> None:
    quote, placement = placed(Way(PaymentMethod.CASH))
    copy = placement.orders[0].delivery_address
    assert (copy.street, copy.landmark) == ("شارع، 7", "قرب الجامع، الجرس الثاني")
    assert (copy.location, copy.zone_id) == (ADDRESS.location, quote.orders[0].delivery.zone_id)


def test_ids_carry_the_moment_that_is_written_beside_them() -> None:
    placement = placed(Way(PaymentMethod.CASH))[1]
    millis = f"{int(NOW.timestamp() * 1000):012x}"
    for document in (placement.group, *placement.orders):
        assert document.id.split("_")[1].replace("-", "")[:12] == millis
        assert document.created_at == NOW


def test_numbers_are_random_and_easy_to_read_out() -> None:
    numbers = {readable_number("D") for _ in range(2_000)}
    assert len(numbers) == 2_000
    assert all(number[0] == "D" and len(number) == 11 and set(number[1:]) <= set(BASE32) for number in numbers)
    assert not {"I", "L", "O", "U"} & set(BASE32)


def test_events_tell_of_lines_and_totals_but_not_of_people_or_commissions() -> None:
    order = placed(Way(PaymentMethod.CASH))[1].orders[0]
    news = order_news(order, "order.placed")
    assert (news.type in TYPES, news.aggregate_id, news.sequence) == (True, order.id, 1)
    told = order_payload(order)
    assert told["lines"][0] == {
        "id": order.items[0].id,
        "variant_id": order.items[0].variant_id,
        "product_id": order.items[0].product_id,
        "quantity": 1,
    }
    assert told["total"] == {"amount": order.totals.total.amount, "currency": "SYP"}
    assert ADDRESS.phone not in str(told)
    assert "commission" not in str(told)
