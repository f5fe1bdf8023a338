"""Currencies: the units money is kept in, with their smallest cash step and what they replaced."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from daraa.collections.parts import Currency as CurrencyCode
from daraa.declare import Access, CachedList, Collection, Document, Keep, KeyedBy, Localized, Moment


class Currency(Document):
    """`cash_step` is the smallest amount payable in notes, in minor units; `factor` old units make one new unit."""

    id: Annotated[CurrencyCode, KeyedBy("its code")]
    name: Localized
    symbol: Localized
    exponent: Annotated[int, Field(ge=0, le=4)]
    cash_step: Annotated[int, Field(ge=1)]
    is_active: bool = True
    valid_from: Moment
    valid_until: Moment | None = None
    replaces: CurrencyCode | None = None
    factor: Annotated[int, Field(ge=1)] = 1


CURRENCIES = Collection(
    Currency,
    name="currencies",
    purpose="A unit of money: how many decimals it has and which notes exist; one code never means two units.",
    prefix="",
    retention=Keep(because="every stored amount names one"),
    cache=CachedList(ttl=timedelta(hours=1), tags=("currencies",)),
    access=Access(app="find insert update"),
)
