"""The words of messages over HTTP, for admins who hold `template:write`."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from daraa.collections.notification_templates import NotificationTemplate
from daraa.market.http import AdminActor, IdPath, ListOf, One, answer, provided
from daraa.market.notifications.schemas import ListTemplates, TemplateIn, TemplateOut
from daraa.market.notifications.template_service import Draft, Templates
from daraa.market.paging import Pages

router = APIRouter(prefix="/v1/admin/notification-templates", tags=["admin: notifications"])
Words = Annotated[Templates, Depends(provided(Templates))]


@router.get("", response_model=ListOf[TemplateOut], summary="Message texts")
async def list_templates(
    wanted: Annotated[ListTemplates, Query()],
    actor: AdminActor,
    templates: Words,
    pages: Annotated[Pages, Depends(provided(Pages))],
) -> Response:
    """Those of a state, newest first; with `key`, all versions of it on `channel`."""

    async def read(limit: int, after: tuple[Any, ...] | None) -> list[NotificationTemplate]:
        if wanted.key is not None:
            return await templates.list_versions(actor, wanted.key, wanted.channel, limit=limit, after=after)
        return await templates.list_of_state(actor, wanted.state, limit=limit, after=after)

    filters = {"state": wanted.state.value, "key": wanted.key, "channel": wanted.channel.value}
    return answer(
        await pages.cut(
            wanted,
            {"list": "notification-templates", **filters},
            read,
            lambda row: (row.version,) if wanted.key is not None else (row.id,),
            lambda row: TemplateOut.of(row).model_dump(),
        )
    )


@router.get("/{template_id}", response_model=One[TemplateOut], summary="One version of a message text")
async def get_template(template_id: IdPath, actor: AdminActor, templates: Words) -> Response:
    """Whatever its state."""
    found = await templates.get(actor, template_id)
    return answer({"data": TemplateOut.of(found).model_dump()}, version=found.ver)


@router.post("", response_model=One[TemplateOut], status_code=201, summary="Write a draft of a message text")
async def create_template(body: TemplateIn, actor: AdminActor, templates: Words) -> Response:
    """Both languages are needed, with the same slots; 422 for a slot that the event does not fill."""
    made = await templates.create(actor, Draft(body.key, body.channel, body.title.stored(), body.body.stored()))
    location = f"/v1/admin/notification-templates/{made.id}"
    return answer({"data": TemplateOut.of(made).model_dump()}, 201, version=made.ver, location=location)


@router.post("/{template_id}:publish", response_model=One[TemplateOut], summary="Put a draft in use")
async def publish_template(template_id: IdPath, actor: AdminActor, templates: Words) -> Response:
    """Retires the version that was in use; a published text never changes. 409 when it is no draft."""
    published = await templates.publish(actor, template_id)
    return answer({"data": TemplateOut.of(published).model_dump()}, version=published.ver)
