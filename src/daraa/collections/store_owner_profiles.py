"""Store owner profiles: the stores themselves; only an approved one sells."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from daraa.collections.parts import Note, Phone, Rating, Slug
from daraa.declare import (
    Access,
    AtMost,
    CachedEntity,
    Collection,
    Document,
    Geo,
    Id,
    Index,
    Is,
    Keep,
    Localized,
    Moment,
    Part,
    Personal,
    Point,
    Present,
    Ref,
    Unique,
    desc,
)
from daraa.kernel.money import Money


class StoreStatus(StrEnum):
    """Where a store stands with the platform."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    SUSPENDED = "suspended"


class OpeningHours(Part):
    """When a store is open on one day of the week (0 is Sunday), in minutes after local midnight."""

    day: Annotated[int, Field(ge=0, le=6)]
    opens_minute: Annotated[int, Field(ge=0, le=1440)]
    closes_minute: Annotated[int, Field(ge=0, le=1440)]


class Review(Part):
    """How the platform examined the store before letting it sell."""

    submitted_at: Moment
    reviewed_at: Moment | None = None
    reviewed_by: Annotated[Id | None, Ref("accounts")] = None
    reason: Note | None = None


class StoreOwnerProfile(Document):
    """`goods_due_at`: since when its products lag behind what they copy of it; absent once they follow."""

    account_id: Annotated[Id, Ref("accounts")]
    slug: Slug
    name: Localized
    description: Localized | None = None
    search_text: str
    search_words: Annotated[tuple[str, ...], AtMost(60)]
    status: StoreStatus = StoreStatus.PENDING
    review: Review
    category_ids: Annotated[tuple[Annotated[Id, Ref("store_categories")], ...], AtMost(10)]
    logo: str | None = None
    banner: str | None = None
    address: Annotated[str | None, StringConstraints(max_length=300)] = None
    location: Point | None = None
    phone: Annotated[Phone, Personal]
    tax_number: Annotated[str | None, Personal] = None
    payout_account: Annotated[str | None, Personal] = None
    hours: Annotated[tuple[OpeningHours, ...], AtMost(21)] = ()
    commission_rule_id: Annotated[Id | None, Ref("commission_rules")] = None
    accepts_cash: bool = True
    cash_limit: Money | None = None
    return_days: Annotated[int, Field(ge=0, le=90)] = 7
    rating: Rating = Rating()
    product_count: Annotated[int, Field(ge=0)] = 0
    goods_due_at: Moment | None = None


APPROVED = Is("status", StoreStatus.APPROVED)

STORE_OWNER_PROFILES = Collection(
    StoreOwnerProfile,
    name="store_owner_profiles",
    purpose="A store: its owner, texts in both languages, hours, terms, and whether the platform lets it sell.",
    prefix="sto",
    indexes=(
        Unique("slug", serves="a store by its slug"),
        Index("status", desc("id"), serves="stores of a state, newest first"),
        Index("search_words", desc("id"), only=APPROVED, serves="approved stores by folded words, newest first"),
        Index("category_ids", desc("id"), only=APPROVED, serves="approved stores of a category, newest first"),
        Index("account_id", desc("id"), serves="an owner's stores, newest first"),
        Index("goods_due_at", only=Present("goods_due_at"), serves="stores whose products lag behind, longest first"),
        Geo("location", serves="stores near a point"),
    ),
    retention=Keep(because="orders and the ledger refer to it; a store that closed is suspended"),
    cache=CachedEntity(ttl=timedelta(hours=1), tags=("store:{id}",)),
    access=Access(app="find insert update"),
    shard_key=("id",),
)
