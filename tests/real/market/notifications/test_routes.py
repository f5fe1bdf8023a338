"""Inbox, choices, devices and message texts over HTTP: one's own only, and bad requests change nothing."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from daraa.collections.accounts import Role
from daraa.collections.audit_logs import AUDIT_LOGS
from daraa.collections.device_tokens import DEVICE_TOKENS
from daraa.collections.notification_preferences import NOTIFICATION_PREFERENCES
from daraa.collections.notification_templates import NOTIFICATION_TEMPLATES
from daraa.collections.notifications import NOTIFICATIONS, Notification, NotificationType, Translation
from daraa.collections.parts import Locale
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from factories.gate import as_admin, signed_in
from factories.market import Town

pytestmark = pytest.mark.anyio
START = datetime(2040, 11, 1, tzinfo=UTC)  # the server removes what is older than 90 days
TOKEN = "fcm:" + "x" * 60
PREFERENCES, DEVICES, TEMPLATES = (
    "/v1/me/notification-preferences",
    "/v1/me/device-tokens",
    "/v1/admin/notification-templates",
)
DRAFT: dict[str, Any] = {
    "key": "order.confirmed",
    "channel": "sms",
    "title": {"ar": "قُبل طلبك", "en": "Accepted"},
    "body": {"ar": "قبل {store} طلبك {number}.", "en": "{store} accepted {number}."},
}


async def inbox(town: Town, account_id: str, count: int, **more: Any) -> list[str]:
    """So many messages, all of the same millisecond; their ids, newest first."""
    rows = [
        Notification(
            id=new_id("ntf"), recipient_id=account_id, type=NotificationType.ORDER, template_key="order.placed",
            template_version=1, title=f"عنوان {number}", message="نص", dedupe_key=new_id("evt"),
            translation=Translation(locale=Locale.EN, title=f"Title {number}", message="Text"),
            **stamp(START), **more,
        )
        for number in range(count)
    ]  # fmt: skip
    await town.put(NOTIFICATIONS, *rows)
    return sorted((row.id for row in rows), reverse=True)


async def get(town: Town, path: str, headers: dict[str, str], **params: Any) -> dict[str, Any]:
    answer = await town.client.get(path, headers=headers, params=params)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_an_inbox_is_paged_newest_first_without_losing_one_of_the_same_moment(town: Town) -> None:
    me = new_id("acc")
    ids = await inbox(town, me, 23)
    await inbox(town, new_id("acc"), 3)
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 10}
    while True:
        page = await get(town, "/v1/notifications", signed_in(me), **params)
        seen += [each["id"] for each in page["data"]]
        if not page["page"]["has_more"]:
            break
        params["cursor"] = page["page"]["next_cursor"]
    assert seen == ids


async def test_a_message_is_shown_in_the_language_of_the_request(town: Town) -> None:
    me = new_id("acc")
    await inbox(town, me, 1)
    for language, title in (("ar", "عنوان 0"), ("en", "Title 0")):
        page = await get(town, "/v1/notifications", signed_in(me) | {"accept-language": language})
        assert [each["title"] for each in page["data"]] == [title]


async def test_reading_some_leaves_the_others_unread(town: Town) -> None:
    me, other = new_id("acc"), new_id("acc")
    ids, foreign = await inbox(town, me, 5), await inbox(town, other, 1)
    body = {"ids": [ids[0], ids[2], foreign[0], new_id("ntf")]}
    for marked in (2, 0):
        answer = await town.client.post("/v1/notifications:mark-read", headers=signed_in(me), json=body)
        assert answer.json() == {"data": {"marked": marked, "unread": 3}}
    left = await get(town, "/v1/notifications", signed_in(me), unread="true")
    assert [each["id"] for each in left["data"]] == [ids[1], ids[3], ids[4]]
    count = await get(town, "/v1/notifications/unread-count", signed_in(other))
    assert count["data"] == {"count": 1, "more": False}


async def test_reading_up_to_one_reads_everything_older(town: Town) -> None:
    me = new_id("acc")
    ids = await inbox(town, me, 4)
    answer = await town.client.post("/v1/notifications:mark-read", headers=signed_in(me), json={"up_to": ids[1]})
    assert answer.json() == {"data": {"marked": 3, "unread": 1}}
    rows = (await get(town, "/v1/notifications", signed_in(me)))["data"]
    assert [each["is_read"] for each in rows] == [False, True, True, True]
    assert rows[1]["read_at"] is not None


async def test_the_cursor_of_one_inbox_opens_no_other(town: Town) -> None:
    me, other = new_id("acc"), new_id("acc")
    await inbox(town, me, 3)
    cursor = (await get(town, "/v1/notifications", signed_in(me), limit=1))["page"]["next_cursor"]
    for headers, params in ((signed_in(other), {}), (signed_in(me), {"unread": "true"})):
        answer = await town.client.get("/v1/notifications", headers=headers, params={"cursor": cursor, **params})
        assert answer.status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/notifications:mark-read", {}, 422),
        ("POST", "/v1/notifications:mark-read", {"ids": [], "up_to": None}, 400),
        ("POST", "/v1/notifications:mark-read", {"ids": ["x"]}, 400),
        ("POST", "/v1/notifications:mark-read", {"ids": [{"$gt": ""}]}, 400),
        ("POST", "/v1/notifications:mark-read", {"up_to": {"$gt": ""}}, 400),
        ("POST", "/v1/notifications:mark-read", {"ids": [new_id("ntf")], "up_to": new_id("ntf")}, 422),
        ("POST", "/v1/notifications:mark-read", {"ids": [new_id("ntf")] * 101}, 400),
        ("GET", "/v1/notifications?unread=perhaps", None, 400),
        ("GET", "/v1/notifications?limit=0", None, 400),
        ("GET", "/v1/notifications?order=asc", None, 400),
        ("POST", DEVICES, {"token": "short", "platform": "ios"}, 400),
        ("POST", DEVICES, {"token": TOKEN + "\n", "platform": "ios"}, 400),
        ("POST", DEVICES, {"token": TOKEN, "platform": "fridge"}, 400),
        ("POST", DEVICES, {"token": TOKEN, "platform": "ios", "account_id": new_id("acc")}, 400),
        ("DELETE", f"{DEVICES}/{'0' * 64}", None, 404),
        ("DELETE", f"{DEVICES}/not-a-hash", None, 400),
        ("PUT", PREFERENCES, {"choices": []}, 428),
    ],
)
async def test_a_wrong_request_is_refused_and_changes_nothing(
    town: Town, method: str, path: str, body: Any, status: int
) -> None:
    me = new_id("acc")
    await inbox(town, me, 1)
    answer = await town.client.request(method, path, headers=signed_in(me), json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert (await get(town, "/v1/notifications/unread-count", signed_in(me)))["data"]["count"] == 1
    assert await town.mongo.collection(DEVICE_TOKENS).count_documents({"accountId": me}) == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/notifications"),
        ("GET", "/v1/notifications/unread-count"),
        ("POST", "/v1/notifications:mark-read"),
        ("GET", PREFERENCES),
        ("PUT", PREFERENCES),
        ("POST", DEVICES),
        ("DELETE", f"{DEVICES}/{'0' * 64}"),
        ("GET", TEMPLATES),
        ("POST", TEMPLATES),
        ("POST", f"{TEMPLATES}/ntt_019b76da-b7a0-7000-8000-0000000000ff:publish"),
    ],
)
async def test_nobody_without_a_token_gets_in(town: Town, method: str, path: str) -> None:
    assert (await town.client.request(method, path, json={})).status_code == 401


async def put(town: Town, me: str, version: int, body: dict[str, Any]) -> Any:
    return await town.client.put(PREFERENCES, headers=signed_in(me) | {"if-match": f'"{version}"'}, json=body)


async def test_choices_begin_as_defaults_and_are_replaced_under_their_version(town: Town) -> None:
    me = new_id("acc")
    first = await town.client.get(PREFERENCES, headers=signed_in(me))
    assert first.headers["etag"] == '"0"'
    chosen = {(each["type"], each["channel"]): each for each in first.json()["data"]["choices"]}
    assert len(chosen) == 40
    assert not chosen["promotion", "sms"]["wanted"]
    assert chosen["security", "sms"] == {"type": "security", "channel": "sms", "wanted": True, "fixed": True}
    night = {"starts": "22:00", "ends": "07:30", "timezone": "Asia/Damascus"}
    body = {"choices": [{"type": "order", "channel": "sms", "wanted": False}], "quiet_hours": night, "locale": "en"}
    made = await put(town, me, 0, body)
    assert (made.status_code, made.headers["etag"]) == (200, '"1"')
    assert made.json()["data"]["quiet_hours"] == night
    assert {"type": "order", "channel": "sms", "wanted": False, "fixed": False} in made.json()["data"]["choices"]
    for stale in (0, 7):
        assert (await put(town, me, stale, {})).status_code == 412
    again = await put(town, me, 1, {})
    assert again.headers["etag"] == '"2"'
    assert again.json()["data"]["quiet_hours"] is None
    assert again.json()["data"]["locale"] == "ar"
    assert (await town.client.get(PREFERENCES, headers=signed_in(me))).json() == again.json()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"choices": [{"type": "order", "channel": "in_app", "wanted": False}]}, 422, "notifications.choice.fixed"),
        ({"choices": [{"type": "security", "channel": "sms", "wanted": False}]}, 422, "notifications.choice.fixed"),
        ({"choices": [{"type": "order", "channel": "sms", "wanted": True}] * 2}, 422, "notifications.choice.repeated"),
        ({"quiet_hours": {"starts": "22:00", "ends": "22:00"}}, 422, "notifications.quiet.invalid"),
        (
            {"quiet_hours": {"starts": "22:00", "ends": "07:00", "timezone": "Asia/Atlantis"}},
            422,
            "notifications.quiet.invalid",
        ),
        (
            {"quiet_hours": {"starts": "22:00", "ends": "07:00", "timezone": "../etc/passwd"}},
            400,
            None,
        ),
        ({"quiet_hours": {"starts": "24:00", "ends": "07:00"}}, 400, None),
        ({"locale": "fr"}, 400, None),
        ({"choices": [{"type": "order", "channel": "pigeon", "wanted": True}]}, 400, None),
        ({"choices": [{"type": "order", "channel": "sms", "wanted": True}] * 41}, 400, None),
    ],
)
async def test_a_choice_that_cannot_be_is_refused(town: Town, body: Any, status: int, code: str | None) -> None:
    me = new_id("acc")
    answer = await put(town, me, 0, body)
    assert answer.status_code == status, answer.text
    assert code is None or answer.json()["code"] == code
    assert await town.mongo.collection(NOTIFICATION_PREFERENCES).count_documents({"_id": me}) == 0


async def test_a_device_belongs_to_who_registered_it_last(town: Town) -> None:
    first, second = new_id("acc"), new_id("acc")
    body = {"token": f"{TOKEN}{first}", "platform": "ios"}
    made = await town.client.post(DEVICES, headers=signed_in(first), json=body)
    assert made.status_code == 201
    assert made.headers["location"] == f"{DEVICES}/{made.json()['data']['id']}"
    assert body["token"] not in made.text
    moved = await town.client.post(DEVICES, headers=signed_in(second), json=body)
    assert (moved.status_code, moved.json()["data"]["id"]) == (200, made.json()["data"]["id"])
    path = made.headers["location"]
    assert (await town.client.delete(path, headers=signed_in(first))).status_code == 404
    assert (await town.client.delete(path, headers=signed_in(second))).status_code == 204
    assert (await town.client.delete(path, headers=signed_in(second))).status_code == 404
    again = await town.client.post(DEVICES, headers=signed_in(first), json=body)
    assert again.status_code == 200
    stored = await town.mongo.collection(DEVICE_TOKENS).find_one({"_id": made.json()["data"]["id"]})
    assert stored is not None
    assert (stored["accountId"], stored["isLive"], "deadAt" in stored) == (first, True, False)


async def test_an_account_keeps_its_ten_latest_devices(town: Town) -> None:
    me = new_id("acc")
    made = [
        (
            await town.client.post(DEVICES, headers=signed_in(me), json={"token": f"{me}-{n:02d}", "platform": "web"})
        ).json()
        for n in range(12)
    ]
    live = await town.mongo.collection(DEVICE_TOKENS).find({"accountId": me, "isLive": True}).to_list(None)
    assert {each["_id"] for each in live} == {each["data"]["id"] for each in made[2:]}


def editor(*scopes: str) -> dict[str, str]:
    return as_admin(new_id("acc"), *(scopes or ("template:write",)))


async def draft(town: Town, **more: Any) -> Any:
    return await town.client.post(TEMPLATES, headers=editor(), json={**DRAFT, **more})


async def test_a_draft_becomes_the_one_published_version_and_never_changes(town: Town) -> None:
    made = await draft(town)
    assert made.status_code == 201, made.text
    first = made.json()["data"]
    assert (first["version"], first["state"], first["params"]) == (1, "draft", ["number", "store"])
    assert first["offered"] == ["number", "store", "total"]
    published = await town.client.post(f"{TEMPLATES}/{first['id']}:publish", headers=editor())
    assert published.json()["data"]["state"] == "published"
    second = (await draft(town)).json()["data"]
    assert second["version"] == 2
    assert (await town.client.post(f"{TEMPLATES}/{second['id']}:publish", headers=editor())).status_code == 200
    for done in (first, second):
        again = await town.client.post(f"{TEMPLATES}/{done['id']}:publish", headers=editor())
        assert (again.status_code, again.json()["code"]) == (409, "notifications.template.state")
    listed = await get(town, TEMPLATES, editor(), key="order.confirmed", channel="sms")
    assert [(each["version"], each["state"]) for each in listed["data"]] == [(2, "published"), (1, "retired")]
    logged = await town.mongo.collection(AUDIT_LOGS).find({"targetId": first["id"]}).sort("seq", 1).to_list(None)
    assert [each["action"] for each in logged] == ["template.create", "template.publish"]


async def test_of_two_who_publish_at_once_one_version_is_in_use(town: Town) -> None:
    ids = [(await draft(town, key="order.ready")).json()["data"]["id"] for _ in range(4)]
    answers = await asyncio.gather(
        *(town.client.post(f"{TEMPLATES}/{each}:publish", headers=editor()) for each in ids for _ in range(2))
    )
    assert {answer.status_code for answer in answers} == {200, 409}
    rows = await town.mongo.collection(NOTIFICATION_TEMPLATES).find({"key": "order.ready"}).to_list(None)
    assert sum(each["state"] == "published" for each in rows) == 1


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"key": "order.teleported"}, 422, "notifications.template.unknown"),
        ({"body": {"ar": "{address}", "en": "{address}"}}, 422, "notifications.template.invalid"),
        ({"body": {"ar": "{store}", "en": "from us"}}, 422, "notifications.template.invalid"),
        ({"body": {"ar": "نص"}}, 400, None),
        ({"body": {"ar": "", "en": "text"}}, 400, None),
        ({"title": {"ar": "سطر\nآخر", "en": "two\nlines"}}, 400, None),
        ({"channel": "fax"}, 400, None),
        ({"state": "published"}, 400, None),
        ({"key": {"$ne": ""}}, 400, None),
    ],
)
async def test_a_text_that_cannot_be_sent_is_refused(town: Town, change: Any, status: int, code: str | None) -> None:
    before = await town.mongo.collection(NOTIFICATION_TEMPLATES).count_documents({})
    answer = await draft(town, **change)
    assert answer.status_code == status, answer.text
    assert code is None or answer.json()["code"] == code
    assert await town.mongo.collection(NOTIFICATION_TEMPLATES).count_documents({}) == before


async def test_only_an_admin_with_the_right_tends_the_words(town: Town) -> None:
    made = (await draft(town, key="order.paid")).json()["data"]
    for headers in (editor("audit:read"), signed_in(new_id("acc")), signed_in(new_id("acc"), Role.STORE_OWNER)):
        for method, path, body in (
            ("GET", TEMPLATES, None),
            ("GET", f"{TEMPLATES}/{made['id']}", None),
            ("POST", TEMPLATES, DRAFT),
            ("POST", f"{TEMPLATES}/{made['id']}:publish", None),
        ):
            assert (await town.client.request(method, path, headers=headers, json=body)).status_code == 403
    assert (await get(town, f"{TEMPLATES}/{made['id']}", editor()))["data"]["state"] == "draft"
    assert (await town.client.get(f"{TEMPLATES}/{new_id('ntt')}", headers=editor())).status_code == 404
