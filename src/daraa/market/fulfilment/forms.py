"""What couriers and hubs send about the last steps of an order and its cash."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from daraa.collections.delivery_tasks import FailureReason
from daraa.collections.remittances import HubCode
from daraa.declare import Id
from daraa.market.delivery.forms import AmountIn, LatLng
from daraa.market.http import Input
from daraa.market.texts import PARAGRAPHS_PATTERN

Remark = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=PARAGRAPHS_PATTERN)]


class ProofIn(Input):
    """How it was handed over when no PIN was told: where, and a photo that was uploaded before."""

    photo_key: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{2,199}$")]
    location: LatLng


class HandOver(Input):
    """The order is in the customer's hands: by PIN or with a proof, and with the cash that was due."""

    pin: Annotated[str | None, Field(pattern=r"^[0-9]{4}$")] = None
    proof: ProofIn | None = None
    cash_collected: AmountIn | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.pin is None) == (self.proof is None):
            raise ValueError("send either pin or proof")
        return self


class Failed(Input):
    """Why the order could not be handed over."""

    reason: FailureReason
    note: Remark | None = None


class HandedBack(Input):
    """The goods are at the store again."""

    note: Remark | None = None


class Declare(Input):
    """The cash that the courier brings to a hub: that of these tasks, or all of it."""

    hub: HubCode
    task_ids: Annotated[list[Id], Field(min_length=1, max_length=200)] | Literal["all"] = "all"


class Counted(Input):
    """What was counted at the hub, all notes together."""

    counted: AmountIn
    note: Remark | None = None
