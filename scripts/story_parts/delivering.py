"""Stores prepare, the courier carries, and the cash comes to the hub."""

import secrets
from typing import Any

from story_parts.cast import Cast, Shop
from story_parts.telling import Story, Surprise, money

Task = dict[str, Any]


def sell(story: Story, cast: Cast) -> None:
    """Each store takes its orders through confirmed, preparing and ready."""
    story.chapter("The stores work")
    for shop in (cast.soap, cast.pantry):
        orders = story.get(f"{shop.path}/orders?status=pending", shop.owner).data
        shown = story.get(f"{shop.path}/orders/{orders[-1]['id']}", shop.owner).data
        rate = shown["lines"][0]["commission"]["rate_basis_points"] / 100
        owed = f"{money(shown['store_share'])} for the store, commission {rate:g} % = {money(shown['commission'])}"
        story.tell(f"{shop.owner.name} has {len(orders)} new orders; the first", owed)
        for order in orders:
            _prepare(story, shop, order)
        story.tell(f"{shop.owner.name} takes them on", "confirmed, preparing, ready")
    order = cast.orders[f"cash {cast.pantry.id}"]
    reason = {"reason": "Changed my mind"}
    late = story.refused("POST", f"/v1/orders/{order['id']}:cancel", 409, "orders.state.forbidden", cast.layla, reason)
    story.tell("It is too late for her to cancel one", late)


def _prepare(story: Story, shop: Shop, order: Task) -> None:
    for verb, state in (("confirm", "confirmed"), ("prepare", "preparing"), ("ready", "ready")):
        now = story.call("POST", f"{shop.path}/orders/{order['id']}:{verb}", 200, shop.owner).data
        if now["status"] != state:
            raise Surprise(f"after :{verb} the order is {now['status']}")


def deliver(story: Story, cast: Cast) -> None:
    """Every task is offered, accepted, picked up and handed over against the customer's PIN and the cash due."""
    story.chapter("The courier works")
    left = {order["id"] for order in cast.orders.values()} - {cast.orders[f"wallet {cast.soap.id}"]["id"]}
    count = len(left)
    tasks: dict[str, Task] = {}
    while left:
        offer = story.until("an offer to the courier", lambda: _offered(story, cast, left))
        taken = story.call("POST", f"/v1/courier/tasks/{offer['id']}:accept", 200, cast.samer).data
        tasks[taken["order_id"]] = taken
        left.remove(taken["order_id"])
    story.tell(f"{count} tasks are offered to {cast.samer.name}", "accepted; now he sees the address")
    tried = False
    for key, order in cast.orders.items():
        if (task := tasks.get(order["id"])) is None:
            continue
        path = f"/v1/courier/tasks/{task['id']}"
        story.call("POST", f"{path}:pickup", 200, cast.samer)
        story.call("POST", f"{path}:start", 200, cast.samer)
        if not tried:
            _mistakes(story, cast, task)
            tried = True
        _hand_over(story, cast, task, key.split()[0])


def _offered(story: Story, cast: Cast, wanted: set[str]) -> Task | None:
    rows = story.get("/v1/courier/tasks?state=offered", cast.samer).data
    return next((each for each in rows if each["order_id"] in wanted), None)


def _pin(story: Story, cast: Cast, task: Task) -> str:
    seen = story.get(f"/v1/orders/{task['order_id']}/tracking", cast.layla).data
    pin: str = seen["delivery"]["pin"]
    return pin


def _mistakes(story: Story, cast: Cast, task: Task) -> None:
    """Neither a guessed PIN nor too little cash closes an order."""
    pin = _pin(story, cast, task)
    guessed = {"pin": f"{(int(pin) + 1) % 10_000:04d}", "cash_collected": task["cod_due"]}
    path = f"/v1/courier/tasks/{task['id']}:deliver"
    story.tell("At the door he guesses the PIN", _refused(story, cast, path, "fulfilment.pin.wrong", guessed))
    short = {"pin": pin, "cash_collected": {**task["cod_due"], "amount": task["cod_due"]["amount"] - 5_00}}
    story.tell("He takes five pounds too little", _refused(story, cast, path, "fulfilment.cash.mismatch", short))


def _refused(story: Story, cast: Cast, path: str, code: str, body: Any) -> str:
    return story.refused("POST", path, 422, code, cast.samer, body)


def _hand_over(story: Story, cast: Cast, task: Task, method: str) -> None:
    body = {"pin": _pin(story, cast, task)} | ({"cash_collected": task["cod_due"]} if task["cod_due"] else {})
    path = f"/v1/courier/tasks/{task['id']}:deliver"
    done = story.call("POST", path, 200, cast.samer, body, once=secrets.token_hex(12)).data
    cash = f"{money(task['cod_due'])} in cash" if task["cod_due"] else "nothing to collect"
    shop = task["store"]["name"]["en"]
    story.tell(f"The {method} order of {shop}, by her PIN", f"{done['state']}, {cash}")


def remit(story: Story, cast: Cast) -> None:
    """The cash goes from the courier's custody into the hub's."""
    story.chapter("The cash comes to the hub")
    samer, admin = cast.samer, cast.admin
    carried = story.get("/v1/courier/cash", samer).data
    story.tell("What he carries", f"{money(carried['held'])} of {len(carried['payments'])} orders")
    body = {"hub": "aleppo-centre"}
    declared = story.call("POST", "/v1/courier/remittances", 201, samer, body, once=secrets.token_hex(12)).data
    story.tell("He declares it at the hub", f"{declared['state']}, {money(declared['declared'])}")
    path = f"/v1/admin/remittances/{declared['id']}:receive"
    less = {"counted": {**declared["declared"], "amount": declared["declared"]["amount"] - 10_00}}
    told = story.refused("POST", path, 409, "fulfilment.remittance.mismatch", admin, less)
    story.tell("The hub counts ten pounds less", told)
    whole = {"counted": declared["declared"]}
    received = story.call("POST", path, 200, admin, whole, once=secrets.token_hex(12)).data
    story.tell("It counts again, all of it", str(received["state"]))
    after = story.get("/v1/courier/cash", samer).data
    story.tell("What he carries now", money(after["held"]))


def end_shift(story: Story, cast: Cast) -> None:
    """Nobody waits for offers when the story is over, so that the next one finds its own courier."""
    story.call("POST", "/v1/courier/shift", 200, cast.samer, {"status": "offline"})
