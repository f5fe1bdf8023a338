"""Afterwards: statements, messages, the trail of an order, and the proofs that it all adds up."""

import re
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from story_parts.cast import Cast, Shop
from story_parts.telling import Person, Story, Surprise, money

RELEASE = "wallets.sweep_releases"


def earnings(story: Story, cast: Cast) -> None:
    """Escrow is closed: what each got, and that a store's money waits for the end of its return window."""
    story.chapter("The money")
    for shop in (cast.soap, cast.pantry):
        # The worker's own sweep may just have moved them from the one list to the other.
        lists = [story.get(f"{shop.path}/earnings?status={each}", shop.owner).data for each in ("accrued", "earned")]
        rows = [*lists[0], *lists[1]]
        sold, kept, earned = (_sum(rows, name) for name in ("goods", "commission", "earned"))
        shown = f"sold {money(sold)}, commission {money(kept)}, earned {money(earned)}"
        story.tell(f"{shop.name['en']}, {len(rows)} delivered orders", shown)
    wallet = story.get("/v1/courier/wallet", cast.samer).data
    lines = story.get("/v1/courier/wallet/entries", cast.samer).data
    story.tell(f"{cast.samer.name} earned", f"{money(wallet['available'])} by {len(lines)} deliveries")
    _release(story, cast)
    _statement(story, cast)


def _sum(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return {"amount": sum(each[name]["amount"] for each in rows), "currency": rows[0][name]["currency"]}


def _release(story: Story, cast: Cast) -> None:
    """The worker releases by itself every few minutes; an operator need not wait for that."""
    order = cast.orders[f"wallet {cast.pantry.id}"]["id"]

    def look() -> dict[str, Any] | None:
        with suppress(Surprise):  # it is refused while the worker does the same
            story.operate("jobs", "run", RELEASE)
        return _released(story, cast.pantry, order)

    amount = money(story.until("the release", look)["amount"])
    story.tell(f"daraa jobs run {RELEASE}; nothing can be returned here", f"{amount} of an order is available")
    waiting = story.get(f"{cast.soap.path}/wallet", cast.huda).data
    shown = f"{money(waiting['available'])} available, {money(waiting['pending'])} pending"
    story.tell(f"The other store waits until its {cast.soap.return_days} days of return are over", shown)
    story.tell("Its statement", _lines(story.get(f"{cast.soap.path}/wallet/entries", cast.huda).data))


def _released(story: Story, shop: Shop, order_id: str) -> dict[str, Any] | None:
    lines = story.get(f"{shop.path}/wallet/entries?limit=100", shop.owner).data
    ours = (each for each in lines if each["order_id"] == order_id and each["balance"] == "available")
    return next(ours, None)


def _statement(story: Story, cast: Cast) -> None:
    path = f"/v1/wallets/{cast.wallet_id}/entries?limit=2"
    page = story.get(path, cast.layla)
    lines, pages = list(page.data), 1
    while cursor := page.body["page"]["next_cursor"]:
        page = story.get(f"{path}&cursor={cursor}", cast.layla)
        lines, pages = lines + page.data, pages + 1
    story.tell(f"{cast.layla.name}'s statement, {pages} pages by cursor", _lines(lines))


def _lines(newest_first: list[dict[str, Any]]) -> str:
    return "; ".join(f"{each['amount']['amount'] / 100:+,.2f} {each['type']}" for each in reversed(newest_first))


def messages(story: Story, cast: Cast) -> None:
    """The inbox in both languages, the unread count, and marking."""
    story.chapter("What they were told")
    layla = cast.layla
    delivered = story.until("four deliveries told", partial(_told, story, layla, "Your order has arrived", 4))
    story.until("top-up and refund told", partial(_told, story, layla, "Money came into your wallet", 2))
    count = story.get("/v1/notifications/unread-count", layla).data["count"]
    card = cast.orders[f"card {cast.soap.id}"]["id"]
    english = next(each for each in delivered if each["related_id"] == card)
    arabic = story.get("/v1/notifications?limit=100", layla, language="ar").data
    same = next(each for each in arabic if each["id"] == english["id"])
    story.tell(f"{layla.name}'s inbox, {count} unread; in Arabic", f"{same['title']}: {same['message']}")
    story.tell("The same in English", f"{english['title']}: {english['message']}")
    one = story.call("POST", "/v1/notifications:mark-read", 200, layla, {"ids": [same["id"]]}).data
    story.tell("She marks it as read", f"{one['marked']} marked, {one['unread']} unread")
    rest = story.call("POST", "/v1/notifications:mark-read", 200, layla, {"up_to": arabic[0]["id"]}).data
    story.tell("And everything up to the newest", f"{rest['unread']} unread")
    found = story.until("three new orders told", partial(_told, story, cast.huda, "A new order", 3))
    story.tell(f"{cast.huda.name} was told", next(str(each["message"]) for each in found if each["related_id"] == card))
    found = story.until("the remittance told", partial(_told, story, cast.samer, "We received your cash", 1))
    story.tell(f"{cast.samer.name} was told", str(found[0]["message"]))


def _told(story: Story, person: Person, title: str, times: int) -> list[dict[str, Any]] | None:
    rows = story.get("/v1/notifications?limit=100", person, language="en").data
    found = [each for each in rows if each["title"] == title]
    return found if len(found) >= times else None


def trail(story: Story, cast: Cast) -> None:
    """Who did what to one order, and what the operator's proofs say of everything."""
    story.chapter("The trail and the proofs")
    order = cast.orders[f"cash {cast.soap.id}"]
    rows: list[dict[str, Any]] = []
    for target in (order["id"], order["group_id"]):
        newest_first = story.get(f"/v1/admin/audit?target_id={target}&limit=100", cast.admin).data
        rows += reversed(newest_first)
    rows.sort(key=lambda each: datetime.fromisoformat(each["created_at"]))
    steps = ", ".join(each["action"].rpartition(".")[2] for each in rows)
    story.tell("Audit of the first order, oldest first", steps)
    told = story.refused("GET", f"/v1/admin/audit?target_id={order['id']}", 403, "accounts.role.missing", cast.omar)
    story.tell("Omar asks for the same", told)
    proofs = story.operate("market", "prove").splitlines()
    held = [each for each in proofs if re.match(r"✓ .*: 0 violations", each)]
    story.tell("daraa market prove", f"exit 0, {len(held)} of {len(proofs)} proofs hold")
    story.tell("daraa audit verify", "exit 0, " + story.operate("audit", "verify").splitlines()[-1])
