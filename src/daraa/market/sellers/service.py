"""Stores from their owners' side: apply for one, look after it, hand it in again after a refusal."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from daraa.collections.store_categories import StoreCategory
from daraa.collections.store_members import MemberRole, MemberStatus, StoreMember
from daraa.collections.store_owner_profiles import OpeningHours, Review, StoreOwnerProfile, StoreStatus
from daraa.declare import Localized, Point
from daraa.declare.document import stamp
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.search_fields import store_search
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import Actor, login_needed
from daraa.market.audit.service import Audit
from daraa.market.found import required
from daraa.market.http import version_stale
from daraa.market.patching import changed_fields, update_of
from daraa.market.sellers import errors
from daraa.market.sellers.events import told_of
from daraa.market.sellers.repository import MemberRepository, StoreRepository
from daraa.market.sellers.rights import SellerScope
from daraa.market.sellers.schemas import ApplyStore, PatchStore
from daraa.market.tenancy import Memberships, StoreScope
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import DUPLICATE
from daraa.stores.mongo.outbox import append_events
from daraa.stores.mongo.session import Session

MOST_STORES = 20
OWNERS_ALONE = frozenset({"tax_number", "payout_account"})
COPIED = frozenset({"name"})
"""What products copy of their store."""
SEARCHED = frozenset({"name", "category_ids", "address"})


class Stores:
    """What an owner and those who work for one do with a store itself."""

    def __init__(self, mongo: Mongo, memberships: Memberships, audit: Audit, clock: Clock = SYSTEM_CLOCK) -> None:
        self._mongo, self._memberships, self._audit, self._clock = mongo, memberships, audit, clock
        self._stores = StoreRepository(mongo)
        self._members = MemberRepository(mongo)

    async def apply(self, actor: Actor, wanted: ApplyStore) -> StoreOwnerProfile:
        """A new store, pending, with the applicant as its owner; `sellers.slug.taken`, `sellers.kind.unknown`."""

        async def work(session: Session) -> StoreOwnerProfile:
            now = self._clock.now()
            account = await self._members.find_account(actor.id, session=session)
            if account is None:
                raise login_needed()
            await self._check_number(actor.id, session)
            kinds = await self._kinds(wanted.category_ids, session)
            store = _new_store(actor.id, wanted, kinds, now)
            await self._check_currency(store, session)
            await self._stores.insert(store, session=session)
            await self._members.insert(_owner(store, now), session=session)
            # Touching the account makes a seller of it, and lets no two applications count the same stores.
            if not await self._members.touch_account(account, now, session=session):
                raise login_needed()
            await self._audit.record(session, actor, "store.apply", "store", store.id, after={"slug": store.slug})
            await append_events(self._mongo, session, [told_of("store.applied", store)])
            return store

        try:
            return await self._mongo.in_transaction(work)
        except DaraaError as error:
            if error.code == DUPLICATE:
                raise errors.slug_taken(wanted.slug) from error
            raise

    async def mine(self, actor: Actor, *, limit: int) -> list[tuple[StoreMember, StoreOwnerProfile]]:
        """The stores that the account works in, newest membership first."""
        found = await self._memberships.list_of_account(actor.id, limit=limit)
        return await self.with_stores(found)

    async def with_stores(self, members: Sequence[StoreMember]) -> list[tuple[StoreMember, StoreOwnerProfile]]:
        """Memberships with their stores, newest first."""
        ids = sorted({member.store_id for member in members})
        stores = {store.id: store for store in await self._stores.list_by_id(ids)} if ids else {}
        newest = sorted(members, key=lambda member: member.id, reverse=True)
        return [(member, stores[member.store_id]) for member in newest if member.store_id in stores]

    async def get(self, scope: StoreScope) -> StoreOwnerProfile:
        """The store of the membership."""
        return required(await self._stores.find(scope.store_id), "store")

    async def patch(self, scope: StoreScope, actor: Actor, version: int, wanted: PatchStore) -> StoreOwnerProfile:
        """Change a store; needs `store:write`, and its owner for what concerns money and taxes."""
        scope.require(SellerScope.STORE_WRITE)
        given = wanted.given()
        if OWNERS_ALONE & set(given) and scope.role is not MemberRole.OWNER:
            raise errors.owner_only()

        async def work(session: Session) -> StoreOwnerProfile:
            now = self._clock.now()
            before = required(await self._stores.find(scope.store_id, session=session), "store")
            if before.ver != version:
                raise version_stale()
            fields = _stored(given)
            draft = before.model_copy(update=fields)
            await self._check_currency(draft, session)
            if SEARCHED & set(given):
                kinds = await self._kinds(draft.category_ids, session)
                fields |= _search_fields(draft.name, kinds, draft.address)
            if COPIED & set(given):
                fields["goods_due_at"] = now
            after = await self._stores.change(
                {"id": before.id, "ver": version}, update_of(fields, now), session=session
            )
            if after is None:
                raise version_stale()
            was, is_now = changed_fields(before, after, given)
            await self._audit.record(session, actor, "store.change", "store", before.id, before=was, after=is_now)
            return after

        return await self._mongo.in_transaction(work)

    async def resubmit(self, scope: StoreScope, actor: Actor) -> StoreOwnerProfile:
        """Hand a rejected store in again; for its owner. `sellers.store.state` unless it was rejected."""
        if scope.role is not MemberRole.OWNER:
            raise errors.owner_only()

        async def work(session: Session) -> StoreOwnerProfile:
            now = self._clock.now()
            guard = {"id": scope.store_id, "status": StoreStatus.REJECTED}
            fields = {"status": StoreStatus.PENDING, "review": Review(submitted_at=now)}
            after = await self._stores.change(guard, update_of(fields, now), session=session)
            if after is None:
                known = required(await self._stores.find(scope.store_id, session=session), "store")
                raise errors.wrong_state(known.status.value, "يقدم المتجر من جديد بعد رفضه فقط.")
            was, is_now = {"status": StoreStatus.REJECTED.value}, {"status": StoreStatus.PENDING.value}
            await self._audit.record(session, actor, "store.resubmit", "store", after.id, before=was, after=is_now)
            await append_events(self._mongo, session, [told_of("store.applied", after)])
            return after

        return await self._mongo.in_transaction(work)

    async def _check_number(self, account_id: str, session: Session) -> None:
        if len(await self._stores.list_of_owner(account_id, limit=MOST_STORES, session=session)) >= MOST_STORES:
            raise DaraaError(
                errors.STORES_MANY,
                f"An account may own {MOST_STORES} stores.",
                hint="Use one of those you have.",
                ar=f"يمكن للحساب أن يملك {MOST_STORES} متجرا على الأكثر.",
            )

    async def _kinds(self, ids: Sequence[str], session: Session) -> list[StoreCategory]:
        """The kinds in the order given; `sellers.kind.unknown` for one that is missing or not in use."""
        known = {kind.id: kind for kind in await self._stores.list_kinds(ids, session=session) if kind.is_active}
        missing = [each for each in ids if each not in known]
        if missing:
            raise DaraaError(
                errors.KIND_UNKNOWN,
                f"There is no kind of store {missing[0]}.",
                hint="GET /v1/store-categories lists them.",
                ar="اختر أنواع المتجر من GET /v1/store-categories.",
            )
        return [known[each] for each in ids]

    async def _check_currency(self, store: StoreOwnerProfile, session: Session) -> None:
        if store.cash_limit is None:
            return
        currency = await self._stores.find_currency(store.cash_limit.currency, session=session)
        if currency is None or not currency.is_active:
            raise DaraaError(
                errors.CURRENCY_UNKNOWN,
                f"There is no currency {store.cash_limit.currency}.",
                hint="Use one that the platform knows.",
                ar="استخدم عملة معروفة في المنصة.",
            )


def _stored(given: dict[str, Any]) -> dict[str, Any]:
    """The fields of a request as the document keeps them."""
    fields = dict(given)
    for name in ("name", "description"):
        if fields.get(name) is not None:
            fields[name] = fields[name].localized()
    if fields.get("location") is not None:
        fields["location"] = Point(coordinates=(fields["location"].longitude, fields["location"].latitude))
    if fields.get("cash_limit") is not None:
        fields["cash_limit"] = fields["cash_limit"].money()
    if fields.get("hours") is not None:
        fields["hours"] = tuple(OpeningHours(**each.model_dump()) for each in fields["hours"])
    if fields.get("category_ids") is not None:
        fields["category_ids"] = tuple(dict.fromkeys(fields["category_ids"]))
    return fields


def _search_fields(name: Localized, kinds: Sequence[StoreCategory], address: str | None) -> dict[str, Any]:
    kind_names = [text for kind in kinds for text in (kind.name.ar, kind.name.en)]
    found = store_search((name.ar, name.en), kind_names, address)
    return {"search_text": found.text, "search_words": found.words}


def _new_store(account_id: str, wanted: ApplyStore, kinds: Sequence[StoreCategory], now: datetime) -> StoreOwnerProfile:
    fields = _stored({name: getattr(wanted, name) for name in type(wanted).model_fields})
    search = _search_fields(fields["name"], kinds, fields["address"])
    review = Review(submitted_at=now)
    return StoreOwnerProfile(
        id=new_id("sto"), account_id=account_id, review=review, **fields, **search, **stamp(now)
    )  # fmt: skip


def _owner(store: StoreOwnerProfile, now: datetime) -> StoreMember:
    return StoreMember(
        id=new_id("stm"),
        store_id=store.id,
        account_id=store.account_id,
        role=MemberRole.OWNER,
        scopes=tuple(scope.value for scope in SellerScope),
        status=MemberStatus.ACTIVE,
        **stamp(now),
    )
