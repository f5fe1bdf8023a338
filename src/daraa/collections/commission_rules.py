"""Commission rules: the ordered list from which an order line's commission is frozen; the first match wins."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from daraa.collections.parts import BasisPoints
from daraa.declare import (
    Access,
    Collection,
    Document,
    Id,
    Index,
    Is,
    Keep,
    Localized,
    Moment,
    NotCached,
    Ref,
)
from daraa.kernel.money import Money


class RuleScope(StrEnum):
    """What a rule applies to; `scope_id` names the category or store."""

    GLOBAL = "global"
    STORE_CATEGORY = "store_category"
    STORE = "store"


class CommissionRule(Document):
    """Rules are never changed once used: a new version replaces an ended one. A lower `rank` is asked first."""

    name: Localized
    scope: RuleScope
    scope_id: Id | None = None
    rank: Annotated[int, Field(ge=0, le=10_000)]
    platform_bp: BasisPoints
    delivery_bp: BasisPoints = 0
    payment_bp: BasisPoints = 0
    least: Money | None = None
    most: Money | None = None
    is_active: bool = True
    valid_from: Moment
    valid_until: Moment | None = None
    created_by: Annotated[Id | None, Ref("accounts")] = None


COMMISSION_RULES = Collection(
    CommissionRule,
    name="commission_rules",
    purpose="One rule that says which share of a sale the platform takes.",
    prefix="crl",
    indexes=(Index("rank", "id", only=Is("is_active", True), serves="active commission rules in order"),),
    retention=Keep(because="settled commissions name their rule"),
    cache=NotCached(because="it decides money"),
    access=Access(app="find insert update"),
)
