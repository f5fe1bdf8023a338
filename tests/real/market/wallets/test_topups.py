"""Top-ups: nothing moves before the provider has taken the money, and then exactly once."""

import httpx
import pytest

from daraa.collections.journals import JOURNALS
from daraa.collections.payment_intents import PAYMENT_INTENTS
from daraa.kernel.ids import new_id
from daraa.market.audit.service import Audit
from daraa.market.idempotency.service import Idempotency
from daraa.market.payments.service import Payments
from daraa.market.wallets.ledger_service import Ledger
from daraa.market.wallets.service import Wallets
from daraa.market.wallets.topup_service import TopUps
from daraa.stores.mongo.outbox import Event
from factories.books import NOW, Books, Person

pytestmark = pytest.mark.anyio


async def open_topup(books: Books, person: Person, amount: int, currency: str = "SYP") -> httpx.Response:
    body = {"amount": {"amount": amount, "currency": currency}}
    return await books.client.post(f"/v1/wallets/{person.wallet.id}/topups", json=body, headers=person.once())


def captured(person: Person, provider_ref: str, amount: int, purpose: str = "topup") -> Event:
    payload = {
        "intent_id": new_id("pin"),
        "purpose": purpose,
        "target_id": person.wallet.id,
        "customer_id": person.account.id,
        "amount": {"amount": amount, "currency": "SYP"},
        "provider": "local",
        "provider_ref": provider_ref,
        "allocations": [],
    }
    return Event(new_id("evt"), "intent.captured", 1, "payment_intent", new_id("pin"), 3, NOW, payload, None, 1)


async def take(books: Books, event: Event) -> None:
    served: TopUps = books.app.state.services[TopUps]
    (consumer,) = served.consumers()
    assert (consumer.event_type, consumer.name) == ("intent.captured", "wallets.topup")
    audit = Audit(books.mongo)
    ledger, wallets, payments = Ledger(books.mongo), Wallets(books.mongo, audit), books.app.state.services[Payments]
    topups = TopUps(books.mongo, wallets, ledger, payments, Idempotency(books.mongo))
    await books.mongo.in_transaction(lambda session: topups.captured(event, session))


async def test_a_topup_opens_an_intent_and_moves_nothing_yet(books: Books) -> None:
    ali = await books.person()
    answer = await open_topup(books, ali, 5000)
    assert answer.status_code == 201, answer.text
    data = answer.json()["data"]
    intent = await books.mongo.collection(PAYMENT_INTENTS).find_one({"_id": data["intent_id"]})
    assert intent is not None
    assert (intent["purpose"], intent["targetId"], intent["customerId"]) == ("topup", ali.wallet.id, ali.account.id)
    assert intent["amount"] == {"amount": 5000, "currency": "SYP"}
    assert await books.balances(ali.wallet.id) == (0, 0, 0)


async def test_captured_money_arrives_once_however_often_it_is_told(books: Books) -> None:
    ali, reference = await books.person(), new_id("ref")
    for _ in range(5):
        await take(books, captured(ali, reference, 5000))
    assert await books.balances(ali.wallet.id) == (5000, 0, 0)
    found = await books.mongo.collection(JOURNALS).find({"entries.walletId": ali.wallet.id}).to_list()
    assert [row["businessKey"] for row in found] == [f"topup:{reference}"]
    await books.prove()


async def test_money_captured_for_orders_is_not_put_into_a_wallet(books: Books) -> None:
    ali = await books.person()
    await take(books, captured(ali, new_id("ref"), 5000, purpose="order_group"))
    assert await books.balances(ali.wallet.id) == (0, 0, 0)


async def test_nobody_opens_a_topup_for_another_or_in_another_currency(books: Books) -> None:
    ali, mona = await books.person(), await books.person()
    before = await books.mongo.collection(PAYMENT_INTENTS).count_documents({})
    foreign = await open_topup(books, Person(mona.account, ali.wallet), 5000)
    assert (foreign.status_code, foreign.json()["code"]) == (404, "market.thing.missing")
    other = await open_topup(books, ali, 5000, "EUR")
    assert (other.status_code, other.json()["code"]) == (422, "wallets.currency.other")
    assert await books.mongo.collection(PAYMENT_INTENTS).count_documents({}) == before
