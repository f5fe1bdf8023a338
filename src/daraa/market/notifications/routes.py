"""A person's inbox, choices and devices over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response

from daraa.collections.device_tokens import DeviceToken
from daraa.collections.notifications import Notification
from daraa.market.http import IfMatch, ListOf, One, SignedIn, Spoken, answer, provided, version_of
from daraa.market.notifications.errors import mark_invalid
from daraa.market.notifications.preference_service import Preferences
from daraa.market.notifications.schemas import (
    DeviceIn,
    DeviceOut,
    ListNotifications,
    Marked,
    MarkRead,
    NotificationOut,
    PreferencesIn,
    PreferencesOut,
    UnreadCount,
    notification_out,
    preferences_out,
)
from daraa.market.notifications.service import MOST_COUNTED, Notifications
from daraa.market.paging import Pages

router = APIRouter(prefix="/v1", tags=["notifications"])
Inbox = Annotated[Notifications, Depends(provided(Notifications))]
Chosen = Annotated[Preferences, Depends(provided(Preferences))]
DevicePath = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="A device's id.")]


@router.get("/notifications", response_model=ListOf[NotificationOut], summary="My notifications, newest first")
async def list_notifications(
    wanted: Annotated[ListNotifications, Query()],
    actor: SignedIn,
    inbox: Inbox,
    pages: Annotated[Pages, Depends(provided(Pages))],
    language: Spoken,
) -> Response:
    """All of the last 90 days, or only the unread ones."""

    async def read(limit: int, after: tuple[Any, ...] | None) -> list[Notification]:
        return await inbox.list_of(actor.id, unread_only=wanted.unread, limit=limit, after=after)

    identity = {"list": "notifications", "account": actor.id, "unread": wanted.unread}
    return answer(
        await pages.cut(
            wanted, identity, read, lambda row: (row.id,), lambda row: notification_out(row, language).model_dump()
        )
    )


@router.get("/notifications/unread-count", response_model=One[UnreadCount], summary="How many I have not read")
async def count_unread(actor: SignedIn, inbox: Inbox) -> Response:
    """Counted up to 1,000."""
    return answer({"data": _unread(await inbox.count_unread(actor.id)).model_dump()})


@router.post("/notifications:mark-read", response_model=One[Marked], summary="Mark notifications as read")
async def mark_read(body: MarkRead, actor: SignedIn, inbox: Inbox) -> Response:
    """Some by their ids, or one with everything older. Marking again changes nothing."""
    if (body.ids is None) == (body.up_to is None):
        raise mark_invalid()
    if body.up_to is not None:
        marked = await inbox.mark_read_up_to(actor.id, body.up_to)
    else:
        marked = await inbox.mark_read(actor.id, tuple(body.ids or ()))
    return answer({"data": Marked(marked=marked, unread=await inbox.count_unread(actor.id)).model_dump()})


@router.get("/me/notification-preferences", response_model=One[PreferencesOut], summary="What I want to hear, and when")
async def get_preferences(actor: SignedIn, preferences: Chosen) -> Response:
    """Every type and channel; who never chose has the defaults and the ETag "0"."""
    found = await preferences.find(actor.id)
    return answer({"data": preferences_out(found).model_dump()}, version=found.ver if found else 0)


@router.put("/me/notification-preferences", response_model=One[PreferencesOut], summary="Choose what I want to hear")
async def put_preferences(
    body: PreferencesIn, actor: SignedIn, preferences: Chosen, if_match: IfMatch = None
) -> Response:
    """Replaces all choices. The inbox and security messages cannot be turned off."""
    quiet = body.quiet_hours.stored() if body.quiet_hours else None
    changed = await preferences.put(actor.id, version_of(if_match), body.stored_choices(), quiet, body.locale)
    return answer({"data": preferences_out(changed).model_dump()}, version=changed.ver)


@router.post(
    "/me/device-tokens",
    response_model=One[DeviceOut],
    status_code=201,
    responses={200: {"model": One[DeviceOut], "description": "The device was known, and is this account's now."}},
    summary="Send push messages to this device",
)
async def register_device(body: DeviceIn, actor: SignedIn, preferences: Chosen) -> Response:
    """A device belongs to one account: to register it again moves it. The ten latest of an account are kept."""
    device, is_new = await preferences.register(actor.id, body.token, body.platform, body.locale)
    location = f"/v1/me/device-tokens/{device.id}"
    return answer({"data": _device(device).model_dump()}, 201 if is_new else 200, location=location)


@router.delete("/me/device-tokens/{device_id}", status_code=204, summary="Send nothing more to a device")
async def forget_device(device_id: DevicePath, actor: SignedIn, preferences: Chosen) -> Response:
    """404 unless it is a device of mine that is still in use."""
    await preferences.forget(actor.id, device_id)
    return Response(status_code=204)


def _unread(count: int) -> UnreadCount:
    return UnreadCount(count=count, more=count >= MOST_COUNTED)


def _device(device: DeviceToken) -> DeviceOut:
    return DeviceOut(id=device.id, platform=device.platform, locale=device.locale, last_seen_at=device.last_seen_at)
