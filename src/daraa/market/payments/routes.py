"""Payments over HTTP: a customer's own intents, and what admins see of a payment."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import BaseModel, Field

from daraa.collections.payment_intents import PaymentIntent
from daraa.collections.payments import Payment
from daraa.collections.refunds import Refund
from daraa.market.http import AdminActor, Customer, IdPath, Input, MoneyOut, One, answer, provided
from daraa.market.payments.intent_service import Intents
from daraa.market.payments.refund_service import Refunds
from daraa.market.payments.service import Payments

router = APIRouter(prefix="/v1", tags=["payments"])
admin_router = APIRouter(prefix="/v1/admin", tags=["admin: payments"])
IntentsOf = Annotated[Intents, Depends(provided(Intents))]


class Confirm(Input):
    """What the provider's own form gave the payer for a card; without it the payer goes to `redirect_url`."""

    token: Annotated[
        str | None, Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_.:-]+$", description="No card number.")
    ] = None


class IntentOut(BaseModel):
    """A payment by card on its way."""

    id: str
    purpose: str
    target_id: str
    status: str
    amount: MoneyOut
    redirect_url: str | None = None
    failure_reason: str | None = None
    expires_at: datetime
    created_at: datetime


class PartOut(BaseModel):
    """One means of a payment."""

    method: str
    amount: MoneyOut


class RefundOut(BaseModel):
    """One sum given back, or to be given back."""

    id: str
    amount: MoneyOut
    method: str
    status: str
    reason: str
    requested_by: str | None = None
    provider_ref: str | None = None
    tries: int
    due_at: datetime | None = None
    failure_reason: str | None = None
    created_at: datetime
    done_at: datetime | None = None


class PaymentOut(BaseModel):
    """How one order is paid, with all that was given back."""

    id: str
    order_id: str
    group_id: str
    customer_id: str
    store_id: str
    method: str
    parts: list[PartOut]
    amount: MoneyOut
    captured: MoneyOut
    refundable: MoneyOut
    status: str
    cash_state: str | None = None
    courier_id: str | None = None
    intent_id: str | None = None
    provider: str | None = None
    provider_ref: str | None = None
    failure_reason: str | None = None
    paid_at: datetime | None = None
    created_at: datetime
    refunds: list[RefundOut]


@router.get("/payment-intents/{intent_id}", response_model=One[IntentOut], summary="A payment by card")
async def get_intent(intent_id: IdPath, actor: Customer, intents: IntentsOf) -> Response:
    """How far it has come; ask again after the payer came back."""
    return _intent_answer(await intents.get_own(intent_id, actor.id))


@router.post("/payment-intents/{intent_id}:confirm", response_model=One[IntentOut], summary="Pay by card")
async def confirm_intent(intent_id: IdPath, actor: Customer, intents: IntentsOf, body: Confirm) -> Response:
    """Ask the provider to charge. Repeating it changes nothing; the intent tells how it went."""
    return _intent_answer(await intents.confirm(intent_id, actor, body.token))


@admin_router.get("/payments/{payment_id}", response_model=One[PaymentOut], summary="A payment with its refunds")
async def get_payment(
    payment_id: IdPath,
    actor: AdminActor,
    payments: Annotated[Payments, Depends(provided(Payments))],
    refunds: Annotated[Refunds, Depends(provided(Refunds))],
) -> Response:
    """Needs the right payment:read."""
    actor.require("payment:read")
    payment = await payments.get(payment_id)
    return answer({"data": _payment(payment, await refunds.list_of_payment(payment.id))}, version=payment.ver)


def _intent_answer(intent: PaymentIntent) -> Response:
    shown = set(IntentOut.model_fields)
    return answer({"data": intent.model_dump(mode="json", include=shown, exclude_none=True)}, version=intent.ver)


def _payment(payment: Payment, refunds: list[Refund]) -> dict[str, Any]:
    shown = payment.model_dump(mode="json", include=set(PaymentOut.model_fields), exclude_none=True)
    listed = set(RefundOut.model_fields)
    return shown | {"refunds": [each.model_dump(mode="json", include=listed, exclude_none=True) for each in refunds]}
