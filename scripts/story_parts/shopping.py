"""A guest becomes a customer and orders three times: with cash, from the wallet, and by card."""

import secrets
from typing import Any
from urllib.parse import quote

import httpx

from story_parts.cast import PLACE, Cast, Shop, pounds
from story_parts.telling import Answer, Person, Story, Surprise, money, some

Order = dict[str, Any]


def browse(story: Story, cast: Cast) -> str:
    """Search in Arabic, look, fill a guest's cart from two stores; its key."""
    story.chapter("A guest looks around")
    typed = "دبس رمان"
    found = story.until("the search finds the new product", lambda: _search(story, cast.pantry, typed))
    story.tell(f"Search «{typed}»", f"finds «{found['name']}» of {found['store']['name']}")
    page = story.get(f"/v1/products/{found['slug']}", language="en").data
    sizes = ", ".join(f"{each['options']['size']} for {money(each['price'])}" for each in _by_price(page))
    story.tell("The product's page in English", f"«{page['name']}»: {sizes}")
    near = story.get("/v1/stores?near={},{}&radius_m=1000".format(*PLACE), language="en").data
    ours = [each["distance_metres"] for each in near if each["id"] == cast.pantry.id]
    story.tell("Stores within a kilometre", f"this one is {ours[0]} m away")
    opened = story.call("POST", "/v1/carts/guest", 201)
    key: str = opened.data["cart_key"]
    version = opened.version
    for variant, quantity in ((cast.soap.variants[0], 3), (cast.pantry.variants[0], 1)):
        body = {"variant_id": variant, "quantity": quantity}
        cart = story.call("POST", "/v1/cart/lines", 200, None, body, X_Cart_Key=key, If_Match=version)
        version = cart.version
    story.tell(
        "A guest's cart from two stores", f"{some(len(cart.data['lines']), 'line')}, goods {money(cart.data['goods'])}"
    )
    stale = story.call("POST", "/v1/cart/lines", 412, None, body, X_Cart_Key=key, If_Match=opened.version)
    story.tell("The same with an old ETag", f"412 {stale.body['code']}")
    return key


def _by_price(page: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(page["variants"], key=lambda each: int(each["price"]["amount"]))


def _search(story: Story, shop: Shop, typed: str) -> dict[str, Any] | None:
    rows = story.get(f"/v1/products?q={quote(typed)}&limit=100", language="ar").data
    return next((each for each in rows if each["id"] == shop.product_id), None)


def register(story: Story, cast: Cast, cart_key: str) -> None:
    """The guest logs in, brings the cart along, and says where to deliver."""
    story.chapter("The guest becomes a customer")
    layla = cast.layla
    story.log_in(layla)
    story.tell(f"{layla.name} logs in by SMS code", "a new account")
    merged = story.call("POST", "/v1/cart/merge", 200, layla, X_Cart_Key=cart_key).data
    story.tell("The guest's cart is merged into hers", some(len(merged["cart"]["lines"]), "line"))
    address = {
        "label": "البيت",
        "recipient": layla.name,
        "phone": layla.phone,
        "city": "حلب",
        "area": "العزيزية",
        "street": "شارع القوتلي 12",
        "location": {"latitude": PLACE[0], "longitude": PLACE[1]},
    }
    made = story.call("POST", "/v1/me/addresses", 201, layla, address).data
    cast.address_id = made["id"]
    story.tell("She adds an address with its place on the map", f"201, default: {made['is_default']}")


def with_cash(story: Story, cast: Cast) -> None:
    """The quote, a total that nobody agreed to, the checkout, and the same checkout sent again."""
    story.chapter("First checkout: cash at the door")
    layla = cast.layla
    quote = _quote(story, cast, "cash")
    for each in quote["orders"]:
        parts = each["totals"]
        shown = ", ".join(f"{name} {money(parts[name])}" for name in ("goods", "delivery", "cash_rounding", "total"))
        story.tell(f"Quote of {each['store']['name']}", shown)
    wrong = _order_form(cast, "cash", {**quote["totals"]["total"], "amount": 1_00})
    told = story.refused("POST", "/v1/cart/checkout", 409, "orders.price.changed", layla, wrong)
    story.tell("Checkout with a total of 1.00", told)
    key = secrets.token_hex(12)
    form = _order_form(cast, "cash", quote["totals"]["total"])
    placed = story.call("POST", "/v1/cart/checkout", 201, layla, form, once=key)
    story.tell("Checkout with the quoted total", _placed(placed))
    again = story.call("POST", "/v1/cart/checkout", 201, layla, form, once=key)
    if again.body != placed.body:
        raise Surprise("the repeated checkout was answered differently")
    replayed = again.headers.get("idempotent-replayed")
    story.tell("The same request again, as after a lost answer", f"201, the same orders, replayed: {replayed}")
    _keep(cast, placed, "cash")
    left = story.get(f"{cast.soap.path}/inventory?variant_id={cast.soap.variants[0]}", cast.huda).data[0]
    story.tell("The soap on the shelf", f"{left['available']} available of {left['on_hand']} on hand")


def top_up(story: Story, cast: Cast) -> None:
    """Money comes into the wallet by card: only the provider's signed word counts."""
    story.chapter("The wallet is topped up by card")
    layla = cast.layla
    wallet = story.get("/v1/wallets", layla).data[0]
    cast.wallet_id = wallet["id"]
    path = f"/v1/wallets/{wallet['id']}"
    story.tell("Her wallet is opened by the first look", f"{money(wallet['available'])} available")
    body = {"amount": pounds(3000)}
    opened = story.call("POST", f"{path}/topups", 201, layla, body, once=secrets.token_hex(12)).data
    intent = story.call("POST", f"/v1/payment-intents/{opened['intent_id']}:confirm", 200, layla, {}).data
    story.tell(f"A top-up of {money(intent['amount'])} is confirmed", f"{intent['status']}; a page to pay on")
    forged = {"type": "charge.captured", "data": {"intent_id": intent["id"]}}
    told = story.refused("POST", "/v1/hooks/local", 401, "stores.signature.invalid", None, forged)
    story.tell("Somebody forges the provider's webhook", told)
    paid = httpx.post(intent["redirect_url"], data={"card": "tok_ok"}, timeout=30)
    story.tell("She pays on the provider's page", f"{paid.status_code} «Thank you»")
    full = story.until("the top-up", lambda: _at_least(story.get(path, layla).data, 3000_00))
    story.tell("The provider's signed webhook arrives", f"{money(full['available'])} available")


def _at_least(wallet: dict[str, Any], amount: int) -> dict[str, Any] | None:
    return wallet if wallet["available"]["amount"] >= amount else None


def with_wallet(story: Story, cast: Cast) -> None:
    """Both stores again, paid at once; one order is cancelled before the store confirmed it."""
    story.chapter("Second checkout: from the wallet")
    layla, path = cast.layla, f"/v1/wallets/{cast.wallet_id}"
    _fill_cart(story, layla, {cast.soap.variants[1]: 1, cast.pantry.variants[1]: 1})
    placed = _check_out(story, cast, "wallet")
    story.tell("Checkout from the wallet", _placed(placed))
    _keep(cast, placed, "wallet")
    paid = story.get(path, layla).data
    story.tell("The wallet paid at once", f"{money(paid['available'])} left")
    order = cast.orders[f"wallet {cast.soap.id}"]
    reason = {"reason": "Ordered by mistake"}
    cancelled = story.call("POST", f"/v1/orders/{order['id']}:cancel", 200, layla, reason).data
    story.tell("She cancels the soap before the store confirms", f"{cancelled['status']}, {cancelled['payment_state']}")
    back = story.get(path, layla).data
    story.tell("The money is back in the wallet", f"{money(back['available'])} available")


def by_card(story: Story, cast: Cast) -> None:
    """The store may not confirm before the card has paid."""
    story.chapter("Third checkout: by card")
    layla = cast.layla
    _fill_cart(story, layla, {cast.soap.variants[0]: 2})
    placed = _check_out(story, cast, "card")
    story.tell("Checkout by card", _placed(placed))
    _keep(cast, placed, "card")
    order = cast.orders[f"card {cast.soap.id}"]
    early = f"{cast.soap.path}/orders/{order['id']}:confirm"
    told = story.refused("POST", early, 409, "orders.payment.awaited", cast.huda)
    story.tell("The store tries to confirm before it is paid", told)
    intent = placed.data["payment_intent_id"]
    confirmed = story.call("POST", f"/v1/payment-intents/{intent}:confirm", 200, layla, {"token": "tok_visa"}).data
    story.tell("She confirms the card payment", str(confirmed["status"]))
    seen = story.until("the card payment", lambda: _paid(story, layla, order["id"]))
    story.tell("The provider's webhook, the outbox, the order", f"payment {seen['payment_state']}")


def _paid(story: Story, layla: Person, order_id: str) -> Order | None:
    order: Order = story.get(f"/v1/orders/{order_id}", layla).data
    return None if order["awaits_payment"] else order


def _fill_cart(story: Story, layla: Person, wanted: dict[str, int]) -> None:
    cart = story.get("/v1/cart", layla)
    for variant, quantity in wanted.items():
        body = {"variant_id": variant, "quantity": quantity}
        cart = story.call("POST", "/v1/cart/lines", 200, layla, body, If_Match=cart.version)
    story.tell("She fills a cart again", f"{some(len(cart.data['lines']), 'line')}, goods {money(cart.data['goods'])}")


def _quote(story: Story, cast: Cast, method: str) -> dict[str, Any]:
    path = f"/v1/cart/quote?address_id={cast.address_id}&payment_method={method}"
    quote: dict[str, Any] = story.get(path, cast.layla).data
    return quote


def _order_form(cast: Cast, method: str, total: dict[str, Any]) -> dict[str, Any]:
    return {"address_id": cast.address_id, "payment": {"method": method}, "expected_total": total}


def _check_out(story: Story, cast: Cast, method: str) -> Answer:
    form = _order_form(cast, method, _quote(story, cast, method)["totals"]["total"])
    return story.call("POST", "/v1/cart/checkout", 201, cast.layla, form, once=secrets.token_hex(12))


def _placed(answer: Answer) -> str:
    group = answer.data
    return f"201, {some(len(group['orders']), 'order')}, total {money(group['totals']['total'])}, {group['status']}"


def _keep(cast: Cast, answer: Answer, method: str) -> None:
    for order in answer.data["orders"]:
        cast.orders[f"{method} {order['store']['id']}"] = order
