"""Where card providers post their events: anyone may knock, only the signature opens."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel

from daraa.kernel.errors import DaraaError
from daraa.market.http import One, answer, provided
from daraa.market.webhooks.errors import BODY_TOO_LARGE
from daraa.market.webhooks.service import Hooks

router = APIRouter(prefix="/v1/hooks", tags=["hooks"])
LONGEST_BODY = 32_768
_SCHEMA: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["type", "data"],
                    "properties": {"type": {"type": "string", "maxLength": 100}, "data": {"type": "object"}},
                }
            }
        },
    },
    "parameters": [
        {"name": name, "in": "header", "required": True, "description": meaning, "schema": {"type": "string"}}
        for name, meaning in (
            ("webhook-id", "The event; the same at every try."),
            ("webhook-timestamp", "When this try was signed, in seconds since 1970."),
            ("webhook-signature", "One or more `v1,<base64>`, separated by spaces."),
        )
    ],
}


class ReceivedOut(BaseModel):
    """The message is kept."""

    received: bool


@router.post(
    "/{provider}",
    response_model=One[ReceivedOut],
    summary="An event of a card provider",
    openapi_extra=_SCHEMA,
    responses={401: {"description": "The signature is not valid, or too old"}, 413: {"description": "Too large"}},
)
async def receive(
    provider: Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{1,30}$", description="Its name.")],
    request: Request,
    hooks: Annotated[Hooks, Depends(provided(Hooks))],
) -> Response:
    """Signed as Standard Webhooks say (webhook-id, -timestamp, -signature). A repeated event answers 200 as well."""
    await hooks.receive(provider, dict(request.headers), await _raw_body(request))
    return answer({"data": {"received": True}})


async def _raw_body(request: Request) -> bytes:
    """The bytes as they came, for the signature covers them; never more of them than a message has."""
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > LONGEST_BODY:
            raise DaraaError(
                BODY_TOO_LARGE,
                f"A message has at most {LONGEST_BODY} bytes.",
                hint="Nothing was kept.",
                ar="الرسالة كبيرة جدا.",
            )
        pieces.append(piece)
    return b"".join(pieces)
