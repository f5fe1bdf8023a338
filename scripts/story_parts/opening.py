"""The market opens: an operator seeds it, two stores are let in and filled, a courier is let in."""

from typing import Any

from story_parts.cast import PLACE, Cast, Shop, pounds
from story_parts.telling import Answer, Person, Story, Surprise, money

PASSWORD = "four words for Rima"
FEE = 150
"""What both stores take for delivery in the district, in pounds."""


def market(story: Story, cast: Cast) -> None:
    """What only an operator does on the server, and the admin's first login."""
    story.chapter("The market opens")
    story.tell("daraa market seed", story.operate("market", "seed").splitlines()[-1])
    admin = cast.admin
    words = ("people", "create-admin", "--phone", admin.phone, "--name", admin.name)
    made = story.operate(*words, typed=f"{PASSWORD}\n").splitlines()[0].rpartition(" as ")[0]
    story.tell("daraa people create-admin, the password on standard input", made)
    wrong = story.refused(
        "POST", "/v1/auth/password", 401, "accounts.login.refused", None, {"phone": admin.phone, "password": "a guess"}
    )
    story.tell("Somebody guesses the admin's password", wrong)
    login = {"phone": admin.phone, "password": PASSWORD}
    admin.enter(story.call("POST", "/v1/auth/password", 200, admin, login).data)
    story.tell(f"{admin.name} logs in with the password", f"as {', '.join(admin.roles)}")
    found = story.get("/v1/delivery-zones:locate?lat={}&lng={}".format(*PLACE)).data
    cast.zone_id = found["zone"]["id"]
    around = ", ".join(each["code"] for each in found["around"])
    story.tell("Where is 36.2090, 37.1510?", f"in {found['zone']['code']}, inside {around}")


def stores(story: Story, cast: Cast) -> None:
    """Both stores, one after the other, and that neither sees the other."""
    for shop in (cast.soap, cast.pantry):
        story.chapter(f"A store: {shop.name['en']} · {shop.name['ar']}")
        _apply(story, cast, shop)
        _fill(story, cast, shop)
    seen = story.refused("GET", cast.soap.path, 404, "market.store.missing", cast.omar)
    story.tell("Omar looks behind the counter of the other store", seen)


def _apply(story: Story, cast: Cast, shop: Shop) -> None:
    owner = shop.owner
    is_new = story.log_in(owner)
    story.tell(f"{owner.name} logs in by SMS code", "a new account" if is_new else "known")
    kind = story.get(f"/v1/store-categories/{shop.kind}").data
    form = {
        "slug": shop.slug,
        "name": shop.name,
        "category_ids": [kind["id"]],
        "phone": owner.phone,
        "location": {"latitude": PLACE[0] + 0.002, "longitude": PLACE[1]},
        "return_days": shop.return_days,
    }
    store = story.call("POST", "/v1/seller/stores", 201, owner, form).data
    shop.id = store["id"]
    story.tell(f"{owner.name} applies, returns within {shop.return_days} days", f"201, {store['status']}")
    waiting = story.get("/v1/admin/stores?status=pending&limit=100", cast.admin).data
    if all(each["id"] != shop.id for each in waiting):
        raise Surprise("the application is not in the admin's queue")
    reason = {"reason": "The papers are in order."}
    approved = story.call("POST", f"/v1/admin/stores/{shop.id}:approve", 200, cast.admin, reason).data
    story.tell(f"{cast.admin.name} finds it in the queue and approves it", str(approved["status"]))


def _fill(story: Story, cast: Cast, shop: Shop) -> None:
    owner = shop.owner
    category = story.get(f"/v1/categories/{shop.category}").data
    form = shop.goods | {"category_id": category["id"]}
    made = story.call("POST", f"{shop.path}/products", 201, owner, form)
    shop.product_id = made.data["id"]
    shop.variants = [each["id"] for each in sorted(made.data["variants"], key=lambda each: str(each["sku"]))]
    prices = " and ".join(money(each["price"]) for each in made.data["variants"])
    story.tell(f"{shop.goods['name']['en']}, two variants", f"201, {made.data['status']}, {prices}")
    for variant in shop.variants:
        delivery = {"variant_id": variant, "kind": "receive", "delta": shop.stock, "reason": "first delivery"}
        key = f"{cast.mark}-{variant}"
        row = story.call("POST", f"{shop.path}/inventory/adjustments", 201, owner, delivery, once=key).data
    story.tell("The first delivery is put on the shelf", f"{row['inventory']['available']} of each available")
    _publish(story, shop)
    terms = {"fee": pounds(FEE), "min_total": pounds(100), "free_over": pounds(5000)}
    row = story.call("PUT", f"{shop.path}/zones/{cast.zone_id}", 201, owner, terms).data
    story.tell("The store delivers to the district", f"201, fee {money(row['fee'])}")


def _publish(story: Story, shop: Shop) -> None:
    """The worker writes into the product too, that it is in stock: a change names the version that was read last."""
    path = f"{shop.path}/products/{shop.product_id}"

    def in_stock() -> Answer | None:
        product = story.get(path, shop.owner)
        return product if product.data["in_stock"] else None

    seen = story.until("the product in stock", in_stock)
    active = {"status": "active"}
    published = story.call("PATCH", path, 200, shop.owner, active, If_Match=seen.version).data
    story.tell("The worker sees it in stock; it is published with If-Match", str(published["status"]))


def courier(story: Story, cast: Cast) -> None:
    """Somebody applies to deliver, is trusted, and begins a shift."""
    story.chapter("A courier")
    samer = cast.samer
    story.log_in(samer)
    form = {
        "vehicle": {"kind": "motorcycle", "plate": "ALP 4711", "colour": "red"},
        "national_number": "02010011223",
        "zone_ids": [cast.zone_id],
    }
    applied = story.call("POST", "/v1/courier/apply", 201, samer, form).data
    cast.courier_id = applied["id"]
    story.tell(f"{samer.name} logs in by SMS code and applies to deliver", f"201, {applied['verification']}")
    early = story.refused("POST", "/v1/courier/shift", 403, "accounts.role.missing", samer, {"status": "available"})
    story.tell("He tries to start a shift before he is trusted", early)
    approval: dict[str, Any] = {"reason": "Licence and papers seen.", "max_active": 5, "cash_limit": pounds(20_000)}
    path = f"/v1/admin/couriers/{cast.courier_id}:approve"
    approved = story.call("POST", path, 200, cast.admin, approval).data
    limit = money(approved["cash_limit"])
    story.tell(f"{cast.admin.name} approves him", f"{approved['verification']}, may carry {limit} in cash")
    _begin_shift(story, samer)


def _begin_shift(story: Story, samer: Person) -> None:
    spent = samer.refresh
    samer.enter(story.call("POST", "/v1/auth/refresh", 200, samer, {"refresh_token": spent}).data)
    story.tell("His app refreshes its tokens", f"roles {', '.join(sorted(samer.roles))}")
    shift = story.call("POST", "/v1/courier/shift", 200, samer, {"status": "available"}).data
    story.call("PUT", "/v1/courier/location", 204, samer, {"lat": PLACE[0], "lng": PLACE[1]})
    story.tell("He starts his shift and says where he is", str(shift["status"]))
