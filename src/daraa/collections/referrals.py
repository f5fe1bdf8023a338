"""Referrals: who brought whom, rewarded once and only after the first order can no longer come back."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from daraa.declare import (
    Access,
    Collection,
    Document,
    Id,
    Index,
    Is,
    Keep,
    Moment,
    NotCached,
    Part,
    Ref,
    Unique,
    desc,
)


class ReferralState(StrEnum):
    """Pending until the first delivered order, qualified until the return window is over."""

    PENDING = "pending"
    QUALIFIED = "qualified"
    REWARDED = "rewarded"
    CLAWED_BACK = "clawed_back"
    REJECTED = "rejected"


class Rewards(Part):
    """Loyalty points for each side."""

    referrer_points: Annotated[int, Field(ge=0)] = 100
    referred_points: Annotated[int, Field(ge=0)] = 50


class Referral(Document):
    """`code` is the referrer's own code (on the customer profile) as it was used."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{6,12}$")]
    referrer_id: Annotated[Id, Ref("accounts")]
    referred_id: Annotated[Id, Ref("accounts")]
    state: ReferralState = ReferralState.PENDING
    rewards: Rewards = Rewards()
    qualifying_order_id: Annotated[Id | None, Ref("orders")] = None
    reward_due_at: Moment | None = None
    rewarded_at: Moment | None = None


REFERRALS = Collection(
    Referral,
    name="referrals",
    purpose="One customer brought by another, and what both got for it.",
    prefix="rfl",
    indexes=(
        Unique("referred_id", serves="the referral that brought a customer"),
        Index("referrer_id", desc("id"), serves="a customer's referrals, newest first"),
        Index("reward_due_at", only=Is("state", ReferralState.QUALIFIED), serves="qualified referrals due for reward"),
    ),
    retention=Keep(because="a customer can be referred once, for ever"),
    cache=NotCached(because="it decides rewards"),
    access=Access(app="find insert update"),
    shard_key=("referrer_id", "id"),
)
