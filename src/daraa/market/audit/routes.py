"""The audit log over HTTP, for admins who may read it."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from daraa.collections.audit_logs import AuditLog, AuditOutcome
from daraa.kernel.errors import DaraaError, register
from daraa.kernel.ids import ID_PATTERN
from daraa.market.audit.service import Audit
from daraa.market.http import AdminActor, ListOf, answer, provided
from daraa.market.paging import PageParameters, Pages

router = APIRouter(prefix="/v1/admin", tags=["admin: audit"])
ONE_FILTER = register("audit.filter.single", status=400, en="Ask by one thing at a time", ar="حدد مرشحا واحدا فقط")


class AuditParameters(PageParameters):
    """Exactly one of the three."""

    target_id: Annotated[str | None, Field(max_length=120, description="What was done to this thing.")] = None
    actor_id: Annotated[str | None, Field(pattern=ID_PATTERN, description="What this account did.")] = None
    action: Annotated[
        str | None, Field(max_length=100, pattern=r"^[a-z_]+(\.[a-z_]+)+$", description="Every use of this action.")
    ] = None


class ChangeOut(BaseModel):
    """One place that changed."""

    path: str
    before: str | None = None
    after: str | None = None


class AuditOut(BaseModel):
    """Who did what to which thing; `seq` counts within the stream, `prev_hash` and `hash` chain its lines."""

    id: str
    created_at: datetime
    stream: str
    seq: int
    actor_id: str | None = None
    action: str
    target_type: str
    target_id: str
    outcome: AuditOutcome
    changes: list[ChangeOut]
    reason: str | None = None
    request_id: str | None = None
    ip: str | None = None
    prev_hash: str | None = None
    hash: str


@router.get("/audit", response_model=ListOf[AuditOut], summary="Who did what, newest first")
async def list_audit(
    wanted: Annotated[AuditParameters, Query()],
    actor: AdminActor,
    audit: Annotated[Audit, Depends(provided(Audit))],
    pages: Annotated[Pages, Depends(provided(Pages))],
) -> Response:
    """By target, by actor or by action; needs the right audit:read."""
    actor.require("audit:read")
    given = wanted.model_dump(include={"target_id", "actor_id", "action"}, exclude_none=True)
    if len(given) != 1:
        raise DaraaError(
            ONE_FILTER,
            "Give exactly one of target_id, actor_id and action.",
            hint="Leave the others out.",
            ar="أرسل واحدا فقط من target_id و actor_id و action.",
        )
    name, value = next(iter(given.items()))
    reads = {"target_id": audit.list_of_target, "actor_id": audit.list_of_actor, "action": audit.list_of_action}

    async def read(limit: int, after: tuple[Any, ...] | None) -> list[AuditLog]:
        return await reads[name](value, limit=limit, after=after)

    return answer(await pages.cut(wanted, {"list": "audit", **given}, read, lambda row: (row.id,), _show))


def _show(row: AuditLog) -> dict[str, Any]:
    return row.model_dump(mode="json", exclude={"ver", "schema_v", "updated_at", "expires_at"}, exclude_none=True)
