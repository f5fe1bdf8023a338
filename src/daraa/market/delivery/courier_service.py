"""Couriers: how one becomes a courier, says when they work, and how many tasks and how much cash they carry."""

from collections.abc import Mapping
from typing import Any, Protocol

from daraa.collections.accounts import Role
from daraa.collections.courier_profiles import COURIER_PROFILES, CourierProfile, CourierStatus, Vehicle, Verification
from daraa.declare import Point
from daraa.declare.document import stamp
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import Actor
from daraa.market.audit.service import Audit
from daraa.market.delivery import errors
from daraa.market.delivery.forms import Application, Approval, ShiftState, Why
from daraa.market.delivery.offering import has_room
from daraa.market.delivery.repository import CourierRepository
from daraa.market.delivery.service import Delivery
from daraa.market.found import After, required
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import DUPLICATE
from daraa.stores.mongo.outbox import News, append_events
from daraa.stores.mongo.session import Session

CASH_LIMIT = Money(amount=5_000_000, currency="SYP")
"""How much cash a new courier may carry before handing it in, in minor units; an approval may say otherwise."""
WORKING = (CourierStatus.AVAILABLE, CourierStatus.BUSY)
DECIDABLE: Mapping[Verification, frozenset[Verification]] = {
    Verification.APPROVED: frozenset({Verification.PENDING, Verification.REJECTED, Verification.SUSPENDED}),
    Verification.REJECTED: frozenset({Verification.PENDING}),
    Verification.SUSPENDED: frozenset({Verification.APPROVED}),
}
"""From which states an admin may take a courier to each state."""


class Roles(Protocol):
    """Who can give an account the role of a courier."""

    async def grant_role(self, session: Session, account_id: str, role: Role) -> None:
        """Add the role in the transaction; an account that has it stays as it is."""


class Couriers:
    """The people who deliver."""

    def __init__(
        self, mongo: Mongo, audit: Audit, roles: Roles, delivery: Delivery, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._mongo = mongo
        self._repository = CourierRepository(mongo)
        self._audit, self._roles, self._delivery, self._clock = audit, roles, delivery, clock

    async def apply(self, actor: Actor, form: Application) -> CourierProfile:
        """Ask to deliver; 409 `delivery.courier.exists` for a second time, unless the first was rejected."""
        for zone_id in form.zone_ids:
            if not await self._delivery.chain_of(zone_id):
                raise errors.unserved([], zone_id)
        known = await self._repository.find_of_account(actor.id)
        if known is not None and known.verification is not Verification.REJECTED:
            raise errors.courier_exists()
        now = self._clock.now()
        words: dict[str, Any] = {
            "verification": Verification.PENDING,
            "vehicle": Vehicle(**form.vehicle.model_dump()),
            "national_number": form.national_number,
            "zone_ids": tuple(dict.fromkeys(form.zone_ids)),
        }

        async def work(session: Session) -> CourierProfile:
            if known is not None:
                changed = await self._repository.change(
                    known, {**words, "verification_note": None, "updated_at": now}, session=session
                )
                if changed is None:
                    raise errors.courier_exists()
                made = changed
            else:
                nothing = Money(amount=0, currency=CASH_LIMIT.currency)
                made = CourierProfile(
                    id=new_id(COURIER_PROFILES.prefix), account_id=actor.id, cash_held=nothing, cash_limit=CASH_LIMIT,
                    **words, **stamp(now),
                )  # fmt: skip
                await self._repository.insert(made, session=session)
            await self._record(session, actor, "apply", made, before={}, reason=None)
            return made

        try:
            return await self._mongo.in_transaction(work)
        except DaraaError as error:
            if error.code == DUPLICATE:
                raise errors.courier_exists() from error
            raise

    async def get_of_actor(self, actor: Actor) -> CourierProfile:
        """The signed-in courier, approved or not; 404 for anybody else."""
        return required(await self._repository.find_of_account(actor.id), "courier")

    async def get_working(self, actor: Actor, *, session: Session | None = None) -> CourierProfile:
        """The signed-in courier, if approved; 403 `delivery.courier.untrusted` otherwise."""
        courier = required(await self._repository.find_of_account(actor.id, session=session), "courier")
        if courier.verification is not Verification.APPROVED:
            raise errors.courier_untrusted(courier.verification.value)
        return courier

    async def shift(self, actor: Actor, wanted: ShiftState) -> CourierProfile:
        """Start, pause or end the shift; tasks already accepted stay theirs."""

        async def work(session: Session) -> CourierProfile:
            courier = await self.get_working(actor, session=session)
            status = CourierStatus(wanted.value)
            if status is CourierStatus.AVAILABLE and not has_room(courier):
                status = CourierStatus.BUSY
            if status is courier.status:
                return courier
            return await self._change(session, courier, {"status": status})

        return await self._mongo.in_transaction(work)

    async def place(self, actor: Actor, point: Point) -> None:
        """Keep where the courier is."""
        if not await self._repository.place(actor.id, point, self._clock.now()):
            await self.get_working(actor)
            raise errors.try_again("courier")

    async def get(self, actor: Actor, courier_id: str) -> CourierProfile:
        """One courier, for an admin who may approve couriers."""
        actor.require("courier:approve")
        return required(await self._repository.find(courier_id), "courier")

    async def list_by_trust(
        self, actor: Actor, verification: Verification, *, limit: int, after: After
    ) -> list[CourierProfile]:
        """Couriers of a trust, the longest waiting first, for an admin who may approve couriers."""
        actor.require("courier:approve")
        return await self._repository.list_by_trust(verification, limit=limit, after=after)

    async def approve(self, actor: Actor, courier_id: str, form: Approval) -> CourierProfile:
        """Trust a courier (again): from now on they may start a shift. Gives the account the role."""
        limits: dict[str, Any] = {"max_active": form.max_active}
        if form.cash_limit is not None:
            limits["cash_limit"] = form.cash_limit.money()
        return await self._decide(actor, courier_id, Verification.APPROVED, form.reason, limits)

    async def reject(self, actor: Actor, courier_id: str, form: Why) -> CourierProfile:
        """Refuse an application; they may apply again."""
        return await self._decide(actor, courier_id, Verification.REJECTED, form.reason, {})

    async def suspend(self, actor: Actor, courier_id: str, form: Why) -> CourierProfile:
        """Offer nothing more to a courier; what they carry they still deliver or hand back, and remit."""
        return await self._decide(actor, courier_id, Verification.SUSPENDED, form.reason, {})

    async def _decide(
        self, actor: Actor, courier_id: str, verdict: Verification, reason: str, words: Mapping[str, Any]
    ) -> CourierProfile:
        actor.require("courier:approve" if verdict is not Verification.SUSPENDED else "courier:suspend")

        async def work(session: Session) -> CourierProfile:
            courier = required(await self._repository.find(courier_id, session=session), "courier")
            if courier.verification not in DECIDABLE[verdict]:
                raise errors.courier_state(courier.verification.value, verdict.value)
            limit = words.get("cash_limit", courier.cash_limit)
            if limit.currency != courier.cash_held.currency:
                raise errors.courier_currency(courier.cash_held.currency)
            changed = await self._change(
                session,
                courier,
                {
                    **words,
                    "verification": verdict,
                    "verification_note": reason,
                    "status": CourierStatus.OFFLINE,
                    "over_cash_limit": courier.cash_held.amount > limit.amount,
                },
            )
            if verdict is Verification.APPROVED:
                await self._roles.grant_role(session, courier.account_id, Role.COURIER)
            before = {"verification": courier.verification.value}
            await self._record(session, actor, _VERBS[verdict], changed, before=before, reason=reason)
            return changed

        return await self._mongo.in_transaction(work)

    async def load(
        self, session: Session, courier_id: str, *, tasks: int = 0, cash: Money | None = None
    ) -> CourierProfile:
        """Add tasks and cash to what a courier carries, or take them off, in the caller's transaction (I14, I15).

        A new task needs an approved courier with room for it and not over the cash limit (409 `delivery.courier.full`,
        `delivery.courier.cash`, 403 `delivery.courier.untrusted`); putting something down is always possible.
        """
        courier = required(await self._repository.find(courier_id, session=session), "courier")
        if tasks > 0:
            _may_take(courier)
        held = courier.cash_held + cash if cash is not None else courier.cash_held
        active = courier.active_count + tasks
        if active < 0 or held.amount < 0:
            raise ValueError(f"{courier_id} would carry {active} tasks and {held.amount} in cash")
        changed: dict[str, Any] = {
            "active_count": active,
            "cash_held": held,
            "over_cash_limit": held.amount > courier.cash_limit.amount,
        }
        if courier.status in WORKING:
            full = active >= courier.max_active
            changed["status"] = CourierStatus.BUSY if full else CourierStatus.AVAILABLE
        return await self._change(session, courier, changed)

    async def offered(self, session: Session, courier: CourierProfile) -> CourierProfile:
        """Remember that the courier was just asked, so that others are asked before them next time."""
        return await self._change(session, courier, {"last_offered_at": self._clock.now()})

    async def find(self, courier_id: str, *, session: Session | None = None) -> CourierProfile | None:
        """A courier, for the platform itself."""
        return await self._repository.find(courier_id, session=session)

    async def list_ready(self, zone_ids: tuple[str, ...], *, limit: int) -> list[CourierProfile]:
        """Couriers of any of the zones who can take a task, the longest without an offer first."""
        return await self._repository.list_ready(zone_ids, limit=limit)

    async def _change(self, session: Session, courier: CourierProfile, changed: Mapping[str, Any]) -> CourierProfile:
        done = await self._repository.change(courier, {**changed, "updated_at": self._clock.now()}, session=session)
        if done is None:
            raise errors.try_again("courier")
        return done

    async def _record(
        self,
        session: Session,
        actor: Actor,
        verb: str,
        courier: CourierProfile,
        *,
        before: Mapping[str, Any],
        reason: str | None,
    ) -> None:
        after = {"verification": courier.verification.value, "max_active": courier.max_active}
        await self._audit.record(
            session, actor, f"courier.{verb}", "courier", courier.id, before=before, after=after, reason=reason
        )
        payload = {
            "courier_id": courier.id,
            "account_id": courier.account_id,
            "verification": courier.verification.value,
            "reason": reason,
        }
        news = News(f"courier.{_PAST[verb]}", "courier", courier.id, courier.ver, payload)
        await append_events(self._mongo, session, [news], clock=self._clock)


_VERBS = {
    Verification.APPROVED: "approve",
    Verification.REJECTED: "reject",
    Verification.SUSPENDED: "suspend",
}
_PAST = {"apply": "applied", "approve": "approved", "reject": "rejected", "suspend": "suspended"}


def _may_take(courier: CourierProfile) -> None:
    if courier.verification is not Verification.APPROVED:
        raise errors.courier_untrusted(courier.verification.value)
    if courier.over_cash_limit:
        raise errors.courier_cash()
    if not has_room(courier):
        raise errors.courier_full(courier.max_active)
