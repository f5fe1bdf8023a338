"""Drawing the map and saying who serves it: zones by admins, a store's own terms by its members."""

from collections.abc import Mapping
from typing import Any

from daraa.collections.delivery_zones import DELIVERY_ZONES, DeliveryZone, ZoneStatus
from daraa.collections.store_delivery_zones import STORE_DELIVERY_ZONES, StoreDeliveryZone
from daraa.declare.document import stamp
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import is_id, new_id
from daraa.kernel.money import Money
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import Actor
from daraa.market.audit.service import Audit
from daraa.market.delivery import errors
from daraa.market.delivery.forms import NewZone, Terms, Why, ZoneChange
from daraa.market.delivery.geometry import covers, problem_of
from daraa.market.delivery.repository import ZoneRepository
from daraa.market.delivery.service import Delivery
from daraa.market.found import required
from daraa.market.http import version_stale
from daraa.market.tenancy import StoreScope
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import DUPLICATE
from daraa.stores.mongo.session import Session

DEEPEST = 5
MOST_ZONES_OF_A_STORE = 200
TERMS = ("fee", "min_total", "free_over", "eta_min_minutes", "eta_max_minutes")


class Zones:
    """Changes of the map; quotes elsewhere see them within 30 s, in this process at once."""

    def __init__(self, mongo: Mongo, audit: Audit, delivery: Delivery, clock: Clock = SYSTEM_CLOCK) -> None:
        self._mongo = mongo
        self._repository = ZoneRepository(mongo)
        self._audit, self._delivery, self._clock = audit, delivery, clock

    async def find_public(self, key: str) -> DeliveryZone:
        """An active zone by id or code; 404 otherwise."""
        by_id = is_id(key, DELIVERY_ZONES.prefix)
        found = await (self._repository.find(key) if by_id else self._repository.find_by_code(key))
        return required(found if found is not None and found.status is ZoneStatus.ACTIVE else None, "zone")

    async def get(self, actor: Actor, zone_id: str) -> DeliveryZone:
        """A zone whatever its status, for an admin who draws them."""
        actor.require("zone:write")
        return await self._repository.get(zone_id)

    async def list_inside(self, actor: Actor, zone_id: str) -> list[DeliveryZone]:
        """All zones directly inside a zone, in order, active or not."""
        actor.require("zone:write")
        return await self._repository.list_inside(zone_id, limit=200)

    async def list_overlapping(self, actor: Actor, zone_id: str) -> list[DeliveryZone]:
        """The active zones of the same depth that touch it: where two of them cover a place, the lower rank decides."""
        actor.require("zone:write")
        zone = await self._repository.get(zone_id)
        touching = await self._repository.list_touching(zone.polygon, limit=200)
        return [other for other in touching if other.depth == zone.depth and other.id != zone.id]

    async def list_of_status(self, actor: Actor, status: ZoneStatus) -> list[DeliveryZone]:
        """All zones of a status, cities first."""
        actor.require("zone:write")
        return await self._repository.list_of_status(status, limit=200)

    async def create(self, actor: Actor, form: NewZone) -> DeliveryZone:
        """Draw a zone, inactive at first; 422 for a bad polygon or place, 409 for a code in use."""
        actor.require("zone:write")
        parent = None if form.parent_id is None else await self._repository.find(form.parent_id)
        if form.parent_id is not None and parent is None:
            raise errors.zone_misplaced("There is no zone with this parent_id.", "المنطقة الأم غير موجودة.")
        if parent is not None and parent.depth >= DEEPEST:
            raise errors.zone_misplaced("Zones are nested six deep at most.", "تجاوز عمق المناطق الحد المسموح.")
        zone = DeliveryZone(
            id=new_id(DELIVERY_ZONES.prefix),
            code=form.code,
            kind=form.kind,
            parent_id=form.parent_id,
            depth=0 if parent is None else parent.depth + 1,
            status=ZoneStatus.INACTIVE,
            **_words(form),
            **stamp(self._clock.now()),
        )
        _check(zone)

        async def work(session: Session) -> None:
            await self._repository.insert(zone, session=session)
            await self._record(session, actor, "create", {}, zone)

        try:
            await self._mongo.in_transaction(work)
        except DaraaError as error:
            if error.code == DUPLICATE:
                raise errors.code_taken(form.code) from error
            raise
        return zone

    async def change(self, actor: Actor, zone_id: str, form: ZoneChange, version: int) -> DeliveryZone:
        """Change the fields given, if the zone is still as the admin saw it (412 otherwise)."""
        actor.require("zone:write")
        return await self._change(actor, zone_id, "change", _words(form), version)

    async def set_status(self, actor: Actor, zone_id: str, status: ZoneStatus, form: Why, version: int) -> DeliveryZone:
        """Deliver to a zone from now on, or no longer; what is inside a zone that is not active is not delivered to."""
        actor.require("zone:write")
        verb = "activate" if status is ZoneStatus.ACTIVE else "deactivate"
        return await self._change(actor, zone_id, verb, {"status": status}, version, reason=form.reason)

    async def _change(
        self,
        actor: Actor,
        zone_id: str,
        verb: str,
        words: Mapping[str, Any],
        version: int,
        *,
        reason: str | None = None,
    ) -> DeliveryZone:
        async def work(session: Session) -> DeliveryZone:
            zone = required(await self._repository.find(zone_id, session=session), "zone")
            if zone.ver != version:
                raise version_stale()
            _check(zone.model_copy(update=dict(words)))
            changed = await self._repository.change(zone, {**words, "updated_at": self._clock.now()}, session=session)
            if changed is None:
                raise version_stale()
            await self._record(session, actor, verb, _shown(zone, words), changed, words, reason=reason)
            return changed

        changed = await self._mongo.in_transaction(work)
        self._delivery.forget_zones()
        return changed

    async def list_of_store(self, scope: StoreScope) -> list[StoreDeliveryZone]:
        """Where a store delivers and on which terms, rows that are switched off included."""
        return await self._repository.list_of_store(scope.store_id, limit=MOST_ZONES_OF_A_STORE)

    async def put_terms(
        self, scope: StoreScope, actor: Actor, zone_id: str, form: Terms
    ) -> tuple[StoreDeliveryZone, bool]:
        """Serve a zone on these terms, replacing those of before; True when the store had none."""
        scope.require("store:write")
        zone = required(await self._repository.find(zone_id), "zone")
        amounts = {name: _money(getattr(form, name)) for name in ("fee", "min_total", "free_over")}
        if any(amount is not None and amount.currency != zone.fee.currency for amount in amounts.values()):
            raise errors.currencies_differ(zone.fee.currency)
        words: dict[str, Any] = {
            **amounts,
            **form.model_dump(include={"eta_min_minutes", "eta_max_minutes", "is_active", "rank"}),
        }

        async def work(session: Session) -> tuple[StoreDeliveryZone, bool]:
            row = await self._repository.find_of_store(scope, zone_id, session=session)
            if row is not None:
                return await self._set_terms(session, scope, actor, row, words), False
            made = StoreDeliveryZone(
                id=new_id(STORE_DELIVERY_ZONES.prefix), store_id=scope.store_id, zone_id=zone_id, **words,
                **stamp(self._clock.now()),
            )  # fmt: skip
            await self._repository.put_terms(made, session=session)
            await self._record_terms(session, actor, {}, made)
            return made, True

        try:
            return await self._mongo.in_transaction(work)
        except DaraaError as error:
            if error.code != DUPLICATE:
                raise
        # A twin was faster; its row is changed now, as if it had come first.
        return await self._mongo.in_transaction(work)

    async def stop_serving(self, scope: StoreScope, actor: Actor, zone_id: str) -> None:
        """Serve the zone no longer, even where a zone around it is served; 404 when the store never listed it."""
        scope.require("store:write")

        async def work(session: Session) -> None:
            row = required(await self._repository.find_of_store(scope, zone_id, session=session), "zone")
            if row.is_active:
                await self._set_terms(session, scope, actor, row, {"is_active": False})

        await self._mongo.in_transaction(work)

    async def _set_terms(
        self, session: Session, scope: StoreScope, actor: Actor, row: StoreDeliveryZone, words: Mapping[str, Any]
    ) -> StoreDeliveryZone:
        changed = await self._repository.change_terms(row, {**words, "updated_at": self._clock.now()}, session=session)
        if changed is None:
            raise errors.try_again("zone")
        await self._record_terms(session, actor, _terms(row), changed)
        return changed

    async def _record_terms(
        self, session: Session, actor: Actor, before: Mapping[str, Any], row: StoreDeliveryZone
    ) -> None:
        await self._audit.record(session, actor, "store.zone", "store_zone", row.id, before=before, after=_terms(row))

    async def _record(
        self,
        session: Session,
        actor: Actor,
        verb: str,
        before: Mapping[str, Any],
        zone: DeliveryZone,
        words: Mapping[str, Any] | None = None,
        *,
        reason: str | None = None,
    ) -> None:
        after = _shown(zone, words or {"code": 1, "status": 1, "fee": 1, "parent_id": 1})
        await self._audit.record(
            session, actor, f"zone.{verb}", "zone", zone.id, before=before, after=after, reason=reason
        )


def _words(form: NewZone | ZoneChange) -> dict[str, Any]:
    """The stored form of the fields that were sent (all of them for a new zone)."""
    given = set(type(form).model_fields) if isinstance(form, NewZone) else form.model_fields_set
    words: dict[str, Any] = {}
    for name in given - {"code", "kind", "parent_id"}:
        value = getattr(form, name)
        if name == "name":
            words[name] = value.localized()
        elif name == "polygon":
            words[name] = value.polygon()
        elif name == "center":
            words[name] = value.point()
        elif name in ("fee", "min_total", "free_over"):
            words[name] = _money(value)
        else:
            words[name] = value
    return words


def _money(amount: Any) -> Money | None:
    return None if amount is None else Money(amount=amount.amount, currency=amount.currency)


def _check(zone: DeliveryZone) -> None:
    problem = problem_of(zone.polygon)
    if problem is not None:
        raise errors.polygon_invalid(problem)
    if not covers(zone.polygon, zone.center):
        raise errors.zone_misplaced("The center is outside the polygon.", "المركز خارج حدود المنطقة.")
    if zone.eta_min_minutes > zone.eta_max_minutes:
        raise errors.zone_misplaced("eta_min_minutes is above eta_max_minutes.", "أقصر مدة أطول من أطول مدة.")
    limits = (zone.min_total, zone.free_over)
    if any(limit is not None and limit.currency != zone.fee.currency for limit in limits):
        raise errors.currencies_differ(zone.fee.currency)


def _shown(zone: DeliveryZone, words: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a change as the audit log keeps them."""
    return zone.model_dump(mode="json", include=set(words))


def _terms(row: StoreDeliveryZone) -> dict[str, Any]:
    return row.model_dump(mode="json", include={*TERMS, "store_id", "zone_id", "is_active", "rank"})
