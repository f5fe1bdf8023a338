"""Turns events into notifications: finds whom each concerns and leaves one row a person, once (I17)."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from daraa.collections.accounts import AccountStatus
from daraa.collections.notifications import Notification, SendState
from daraa.collections.store_members import MemberRole, MemberStatus
from daraa.collections.store_owner_profiles import StoreOwnerProfile
from daraa.kernel.ids import is_id
from daraa.kernel.money import Money
from daraa.kernel.settings import MessagesSettings
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.notifications.composing import Cause, Person, Templates, compose, dedupe_key, kept_in_the_app
from daraa.market.notifications.repository import (
    NotificationRepository,
    PeopleRepository,
    PreferenceRepository,
    TemplateRepository,
)
from daraa.market.notifications.telling import FULFILS, PERMISSIONS, TELLINGS, Audience, Telling
from daraa.market.notifications.wording import Value
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.outbox import Consumer, Event
from daraa.stores.mongo.session import Session

MOST_MEMBERS, MOST_TOLD = 200, 20
"""Of a store's members this many are looked at, and of any audience this many are told."""
_RELATED = {
    "order": "order_id",
    "store": "store_id",
    "courier": "courier_id",
    "task": "order_id",
    "wallet": "wallet_id",
    "withdrawal": "withdrawal_id",
    "remittance": "remittance_id",
    "refund": "order_id",
    "stock": "order_id",
    "account": "account_id",
}
_LOG = logging.getLogger(__name__)


class Teller:
    """The consumer of every event that somebody is told of."""

    def __init__(self, mongo: Mongo, settings: MessagesSettings, clock: Clock = SYSTEM_CLOCK) -> None:
        self._notifications = NotificationRepository(mongo)
        self._templates = TemplateRepository(mongo)
        self._preferences = PreferenceRepository(mongo)
        self._people = PeopleRepository(mongo)
        self._hourly_limit, self._clock = settings.hourly_limit, clock

    def consumers(self) -> tuple[Consumer, ...]:
        """One for each type of event."""
        return tuple(Consumer(type_, "notifications.tell", self.tell, alone=True) for type_ in TELLINGS)

    async def tell(self, event: Event, session: Session) -> None:
        """Leave the rows of an event in the session's transaction. What it does not say is done without."""
        payload: Mapping[str, Any] = event.payload if isinstance(event.payload, dict) else {}
        store = await self._store_of(payload)
        told = [
            (telling, account_id)
            for telling in TELLINGS[event.type]
            for account_id in (await self._audience(telling.audience, event, payload, store))[:MOST_TOLD]
        ]
        told = await self._not_yet(event, told)
        if not told:
            return
        cause = await self._cause(event, payload, store)
        people = await self._people_of(tuple({account_id: None for _, account_id in told}))
        templates = await self._templates_of(tuple({telling.key: None for telling, _ in told}))
        rows = [
            await self._limited(telling, compose(telling, people[account_id], cause, templates, self._clock.now()))
            for telling, account_id in told
            if account_id in people
        ]
        if rows:
            await self._notifications.table.insert_many(rows, session=session)

    async def _not_yet(self, event: Event, told: list[tuple[Telling, str]]) -> list[tuple[Telling, str]]:
        """Without those who were told of this very event before: an old one that somebody lets the relay repeat."""
        keys = {dedupe_key(event.id, telling, account_id): (telling, account_id) for telling, account_id in told}
        if not keys:
            return []
        known = {row.dedupe_key for row in await self._notifications.list_by_causes(tuple(keys))}
        return [pair for key, pair in keys.items() if key not in known]

    async def _limited(self, telling: Telling, row: Notification) -> Notification:
        """The row; kept in the app alone when the person got the hour's share of its type already."""
        if not telling.limited or all(each.state is not SendState.PENDING for each in row.sendings):
            return row
        since = row.created_at - timedelta(hours=1)
        most = self._hourly_limit
        had = await self._notifications.count_since(row.recipient_id, row.type, since, at_most=most)
        return kept_in_the_app(row) if had >= most else row

    async def _people_of(self, account_ids: tuple[str, ...]) -> dict[str, Person]:
        accounts = await self._people.list_accounts(account_ids)
        preferences = {each.id: each for each in await self._preferences.list_of_accounts(account_ids)}
        return {
            each.id: Person(each, preferences.get(each.id))
            for each in accounts
            if each.status is not AccountStatus.CLOSED
        }

    async def _templates_of(self, keys: tuple[str, ...]) -> Templates:
        found = {(each.key, each.channel): each for each in await self._templates.list_published(keys)}
        for key in keys:
            if not any(known == key for known, _ in found):
                _LOG.warning("no template is published for %s: a plain text is used", key)
        return found

    async def _store_of(self, payload: Mapping[str, Any]) -> StoreOwnerProfile | None:
        store_id = payload.get("store_id") or payload.get("owner_id")
        if not isinstance(store_id, str) or not is_id(store_id, "sto"):
            return None
        return await self._people.find_store(store_id)

    async def _cause(self, event: Event, payload: Mapping[str, Any], store: StoreOwnerProfile | None) -> Cause:
        values: dict[str, Value] = {"number": str(payload.get("order_number", ""))}
        if store is not None:
            values["store"] = store.name
        for name in ("total", "amount"):
            if (money := _money(payload.get(name))) is not None:
                values[name] = money
        codes = tuple({value.currency: None for value in values.values() if isinstance(value, Money)})
        currencies = {each.id: each for each in await self._people.list_currencies(codes)} if codes else {}
        related = payload.get(_RELATED.get(event.type.split(".")[0], ""), event.aggregate_id)
        ids = {name: value for name, value in payload.items() if isinstance(value, str) and is_id(value)}
        return Cause(event, values, ids | {"related": str(related)}, currencies)

    async def _audience(
        self, audience: Audience, event: Event, payload: Mapping[str, Any], store: StoreOwnerProfile | None
    ) -> list[str]:
        """The accounts of an audience, each once, in a stable order."""
        match audience:
            case Audience.CUSTOMER:
                return _accounts(payload.get("customer_id"))
            case Audience.ACCOUNT:
                return _accounts(payload.get("account_id", event.aggregate_id))
            case Audience.ORDER_STAFF:
                return await self._members(store, FULFILS)
            case Audience.STORE_OWNERS:
                return await self._members(store, None)
            case Audience.COURIER:
                return await self._courier(payload.get("courier_id") or payload.get("account_id") or event.aggregate_id)
            case Audience.WALLET_OWNER:
                owner = payload.get("owner_id")
                if store is not None and owner == store.id:
                    return await self._members(store, None)
                return await self._courier(owner)
            case Audience.STORE_EXAMINERS | Audience.COURIER_EXAMINERS:
                admins = await self._people.list_admins(PERMISSIONS[audience], limit=MOST_TOLD)
                return [each.account_id for each in admins]

    async def _members(self, store: StoreOwnerProfile | None, scope: str | None) -> list[str]:
        """The owners of a store, and with a scope also the staff who hold it."""
        if store is None:
            return []
        members = await self._people.list_members(store.id, limit=MOST_MEMBERS)
        concerned = [
            each.account_id
            for each in members
            if each.status is MemberStatus.ACTIVE and (each.role is MemberRole.OWNER or scope in each.scopes)
        ]
        # Whom the store belongs to, first: that membership may be made later than the store.
        has_left = any(each.account_id == store.account_id and each.status is MemberStatus.LEFT for each in members)
        return list(dict.fromkeys([*(() if has_left else (store.account_id,)), *concerned]))

    async def _courier(self, courier_id: Any) -> list[str]:
        """The account of a courier profile, or the account itself where the event names that."""
        if not isinstance(courier_id, str):
            return []
        if is_id(courier_id, "cor"):
            courier = await self._people.find_courier(courier_id)
            return [courier.account_id] if courier else []
        return _accounts(courier_id)


def _accounts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) and is_id(value, "acc") else []


def _money(value: Any) -> Money | None:
    try:
        return Money.model_validate(value) if isinstance(value, dict) else None
    except ValidationError:
        return None
