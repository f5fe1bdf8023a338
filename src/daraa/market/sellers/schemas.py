"""What stores and members look like in requests and answers."""

from datetime import datetime
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, Field, model_validator

from daraa.collections.store_members import MemberRole, MemberStatus
from daraa.collections.store_owner_profiles import StoreStatus
from daraa.kernel.ids import ID_PATTERN
from daraa.market.http import Input, MoneyIn, MoneyOut
from daraa.market.paging import PageParameters
from daraa.market.patching import Patch
from daraa.market.sellers.rights import SellerScope
from daraa.market.texts import Line, MediaKey, NameIn, ParagraphsIn, PointIn, Reason, SlugIn

PhoneIn = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$", description="E.164 form.", examples=["+963933000111"])]
KindIds = Annotated[
    list[Annotated[str, Field(pattern=ID_PATTERN)]],
    Field(min_length=1, max_length=10, description="Ids of kinds of stores."),
]
Minute = Annotated[int, Field(ge=0, le=1440, strict=True)]


class HoursIn(Input):
    """When the store is open on one day (0 is Sunday), in minutes after local midnight."""

    day: Annotated[int, Field(ge=0, le=6, strict=True)]
    opens_minute: Minute
    closes_minute: Minute

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.opens_minute >= self.closes_minute:
            raise ValueError("closes_minute must be after opens_minute; a night is two entries")
        return self


Hours = Annotated[list[HoursIn], Field(max_length=21)]
TaxNumber = Annotated[str, Field(min_length=3, max_length=40, pattern=r"^[A-Za-z0-9 ./-]+$")]
PayoutAccount = Annotated[str, Field(min_length=5, max_length=60, pattern=r"^[A-Za-z0-9 -]+$")]


class ApplyStore(Input):
    """A new store, to be examined by the platform."""

    slug: SlugIn
    name: NameIn
    description: ParagraphsIn | None = None
    category_ids: KindIds
    phone: PhoneIn
    address: Line | None = None
    location: PointIn | None = None
    logo: MediaKey | None = None
    banner: MediaKey | None = None
    tax_number: TaxNumber | None = None
    payout_account: PayoutAccount | None = None
    hours: Hours = Field(default_factory=list)
    accepts_cash: bool = True
    cash_limit: MoneyIn | None = None
    return_days: Annotated[int, Field(ge=0, le=90, strict=True)] = 7


class PatchStore(Patch):
    """Changes of a store; `tax_number` and `payout_account` are for the owner alone."""

    clearable: ClassVar[frozenset[str]] = frozenset(
        {"description", "address", "location", "logo", "banner", "tax_number", "payout_account", "cash_limit"}
    )

    name: NameIn | None = None
    description: ParagraphsIn | None = None
    category_ids: KindIds | None = None
    phone: PhoneIn | None = None
    address: Line | None = None
    location: PointIn | None = None
    logo: MediaKey | None = None
    banner: MediaKey | None = None
    tax_number: TaxNumber | None = None
    payout_account: PayoutAccount | None = None
    hours: Hours | None = None
    accepts_cash: bool | None = None
    cash_limit: MoneyIn | None = None
    return_days: Annotated[int, Field(ge=0, le=90, strict=True)] | None = None


class ListStoresOfState(PageParameters):
    """Which stores an admin looks at."""

    status: Annotated[StoreStatus, Field(description="The state they are in.")] = StoreStatus.PENDING


class Approval(Input):
    """A word to the audit log, if any."""

    reason: Reason | None = None


class Ruling(Input):
    """Why; the owner is told."""

    reason: Reason


class InviteMember(Input):
    """Who is to work in the store: an existing account by its telephone number."""

    phone: PhoneIn
    role: Annotated[MemberRole, Field(description="`manager` or `staff`; a store has one owner.")] = MemberRole.STAFF
    scopes: Annotated[list[SellerScope], Field(max_length=20)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _no_second_owner(self) -> Self:
        if self.role is MemberRole.OWNER:
            raise ValueError("a store has one owner: invite as manager or staff")
        return self


class LocalizedOut(BaseModel):
    """A text in both languages."""

    ar: str
    en: str


class PointOut(BaseModel):
    """A place on earth."""

    longitude: float
    latitude: float


class HoursOut(BaseModel):
    """Opening hours of one day."""

    day: int
    opens_minute: int
    closes_minute: int


class ReviewOut(BaseModel):
    """How the platform examined the store."""

    submitted_at: datetime
    reviewed_at: datetime | None = None
    reason: str | None = None


class OwnStore(BaseModel):
    """A store as those who work in it see it; the last three are shown to the owner and admins alone."""

    id: str
    version: int
    slug: str
    status: StoreStatus
    name: LocalizedOut
    description: LocalizedOut | None = None
    category_ids: list[str]
    phone: str
    address: str | None = None
    location: PointOut | None = None
    logo: str | None = None
    banner: str | None = None
    hours: list[HoursOut]
    accepts_cash: bool
    cash_limit: MoneyOut | None = None
    return_days: int
    product_count: int
    review: ReviewOut
    created_at: datetime
    updated_at: datetime
    owner_id: str | None = None
    tax_number: str | None = None
    payout_account: str | None = None


class MyStore(BaseModel):
    """A store that the caller works in, and as what."""

    store_id: str
    slug: str
    name: LocalizedOut
    store_status: StoreStatus
    role: MemberRole
    scopes: list[str]
    status: MemberStatus


class MemberOut(BaseModel):
    """Somebody who works, worked or is invited to work in the store."""

    account_id: str
    name: str | None
    role: MemberRole
    scopes: list[str]
    status: MemberStatus
    invited_by: str | None
    since: datetime
