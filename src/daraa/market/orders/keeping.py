"""What the routes that cancel share: a key is optional there, and with one the answer is kept with the effect."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from fastapi import Header, Request
from fastapi.responses import Response

from daraa.collections.orders import Order
from daraa.market.actor import Actor
from daraa.market.http import answer, once
from daraa.market.idempotency.service import Answer, Claim, Idempotency
from daraa.market.orders.cancelling_service import Keep
from daraa.market.orders.schemas import ReasonIn
from daraa.stores.mongo.session import Session

OptionalKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="A new random text for every new request; the same text for every repetition of it.",
    ),
]


async def cancelled_once(
    request: Request,
    actor: Actor,
    key: str | None,
    body: ReasonIn,
    cancel: Callable[[Keep | None], Awaitable[Order]],
    show: Callable[[Order], Mapping[str, Any]],
) -> Response:
    """Cancel, with a key once and for all; `cancel` gets what belongs into its transaction."""
    if key is None:
        order = await cancel(None)
        return answer({"data": show(order)}, version=order.ver)
    idempotency: Idempotency = request.app.state.services[Idempotency]

    async def work(claim: Claim) -> Answer:
        async def keep(session: Session, order: Order) -> None:
            await idempotency.keep(claim, Answer({"data": show(order)}), session=session)

        return Answer({"data": show(await cancel(keep))})

    return await once(request, actor, key, body, work)
