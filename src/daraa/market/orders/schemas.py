"""What callers send about orders; unknown fields and coerced types are refused."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from daraa.collections.order_parts import PaymentMethod
from daraa.collections.orders import OrderStatus
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import ID_PATTERN
from daraa.kernel.money import CURRENCY_PATTERN, INT64_MAX
from daraa.market.http import Input, MoneyIn
from daraa.market.orders import errors
from daraa.market.orders.quote import Way
from daraa.market.paging import PageParameters
from daraa.market.texts import LINE_PATTERN, PARAGRAPHS_PATTERN

Method = Literal["cash", "wallet", "card", "mixed"]
Rest = Literal["cash", "card"]
AnId = Annotated[str, Field(pattern=ID_PATTERN)]
Reason = Annotated[str, Field(min_length=3, max_length=500, pattern=LINE_PATTERN)]


class PaymentIn(Input):
    """How to pay: wholly in one way, or mixed: `wallet_amount` from the wallet and the rest by `rest`."""

    method: Method
    wallet_amount: MoneyIn | None = None
    rest: Rest | None = Field(default=None, description="What pays the rest of a mixed payment; cash if not given.")

    def way(self, currency: str) -> Way:
        """The same for the quote; `orders.payment.invalid` when the fields contradict each other."""
        if self.wallet_amount is not None and self.wallet_amount.currency != currency:
            raise payment_invalid("The wallet's part is in another currency than the total.")
        return way_of(self.method, self.wallet_amount.amount if self.wallet_amount else None, self.rest)


class Total(Input):
    """The total that the customer agreed to."""

    amount: Annotated[int, Field(ge=0, le=INT64_MAX // 1_000, strict=True)]
    currency: Annotated[str, Field(pattern=CURRENCY_PATTERN)]


class CheckoutIn(Input):
    """One checkout of the open cart."""

    address_id: AnId
    payment: PaymentIn
    expected_total: Total
    note: Annotated[str | None, Field(max_length=500, pattern=PARAGRAPHS_PATTERN)] = None


class QuoteParameters(BaseModel):
    """How the cart would be paid and where it goes."""

    model_config = ConfigDict(extra="forbid")
    payment_method: Annotated[Method, Field(description="How it would be paid.")] = "cash"
    address_id: Annotated[AnId, Field(description="One of the own addresses.")]
    wallet_amount: Annotated[int | None, Field(gt=0, le=INT64_MAX // 1_000, description="Minor units.")] = None
    rest: Annotated[Rest | None, Field(description="How a mixed payment pays what the wallet does not.")] = None

    def way(self) -> Way:
        """As `PaymentIn.way`."""
        return way_of(self.payment_method, self.wallet_amount, self.rest)


class ReasonIn(Input):
    """Why; other parties read it."""

    reason: Reason


class OrderParameters(PageParameters):
    """All orders, or those of a state."""

    status: Annotated[OrderStatus | None, Field(description="Those in this state; all if not given.")] = None


class StoreOrderParameters(PageParameters):
    """A store reads its orders by state; the new ones if it does not say."""

    status: Annotated[OrderStatus, Field(description="Those in this state.")] = OrderStatus.PENDING


def way_of(method: Method, wallet_amount: int | None, rest: Rest | None) -> Way:
    """The way of paying; only a mixed payment names a wallet amount and a rest, and it must name the first."""
    if method == "mixed" and wallet_amount is None:
        raise payment_invalid("A mixed payment says how much comes from the wallet.")
    if method != "mixed" and (wallet_amount is not None or rest is not None):
        raise payment_invalid("wallet_amount and rest go with a mixed payment only.")
    return Way(PaymentMethod(method), wallet_amount or 0, PaymentMethod(rest or "cash"))


def payment_invalid(problem: str) -> DaraaError:
    """A way of paying that contradicts itself."""
    return DaraaError(
        errors.PAYMENT_INVALID,
        problem,
        hint="Send cash, wallet or card alone, or mixed with wallet_amount.",
        ar="أرسل cash أو wallet أو card وحدها، أو mixed مع wallet_amount.",
    )
