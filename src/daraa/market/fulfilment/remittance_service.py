"""Cash on its way from couriers to hubs: declared by the courier, claimed payment by payment, booked when counted."""

from collections.abc import Sequence
from typing import Any

from daraa.collections.courier_profiles import CourierProfile
from daraa.collections.payments import CashState, Payment
from daraa.collections.remittances import REMITTANCES, Count, Remittance, RemittanceState, RemittedPayment
from daraa.declare.document import stamp
from daraa.kernel.crashpoints import mark
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import Actor
from daraa.market.audit.service import Audit
from daraa.market.delivery.courier_service import Couriers
from daraa.market.delivery.errors import try_again
from daraa.market.delivery.task_service import Tasks
from daraa.market.found import After, required
from daraa.market.fulfilment import errors
from daraa.market.fulfilment.answers import remittance as show
from daraa.market.fulfilment.closing import cash_due
from daraa.market.fulfilment.forms import Counted, Declare
from daraa.market.fulfilment.repository import FulfilmentRepository
from daraa.market.idempotency.service import Answer, Claim, Idempotency
from daraa.market.payments.service import Payments
from daraa.market.wallets.ledger_service import Ledger
from daraa.market.wallets.postings import remitted
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.outbox import News, append_events
from daraa.stores.mongo.session import Session

MOST_PAYMENTS = 200
COUNTABLE = (RemittanceState.DECLARED, RemittanceState.DISPUTED)


class Remittances:
    """Hands cash in; the same cash is in one remittance at most (I14)."""

    def __init__(
        self,
        mongo: Mongo,
        audit: Audit,
        idempotency: Idempotency,
        payments: Payments,
        ledger: Ledger,
        couriers: Couriers,
        tasks: Tasks,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._mongo, self._audit, self._idempotency, self._clock = mongo, audit, idempotency, clock
        self._payments, self._ledger, self._couriers, self._tasks = payments, ledger, couriers, tasks
        self._repository = FulfilmentRepository(mongo)

    async def cash_of(self, actor: Actor) -> tuple[CourierProfile, list[Payment]]:
        """The signed-in courier and the payments whose cash they carry."""
        courier = await self._couriers.get_of_actor(actor)
        return courier, await self._carried(courier)

    async def list_of_courier(self, actor: Actor, *, limit: int, after: After) -> list[Remittance]:
        """The signed-in courier's remittances, newest first."""
        courier = await self._couriers.get_of_actor(actor)
        return await self._repository.list_of_courier(courier.id, limit=limit, after=after)

    async def list_of_state(
        self, actor: Actor, state: RemittanceState, *, limit: int, after: After
    ) -> list[Remittance]:
        """Remittances of a state, for the staff of hubs; the longest waiting first."""
        actor.require("cash:receive")
        return await self._repository.list_of_state(state, limit=limit, after=after)

    async def declare(self, actor: Actor, form: Declare, claim: Claim) -> Answer:
        """The courier brings cash to a hub; 422 `fulfilment.remittance.empty`, 409 `.claimed`."""
        courier = await self._couriers.get_of_actor(actor)
        chosen = await self._chosen(courier, form)
        now = self._clock.now()
        parts = tuple(_part(payment) for payment in chosen)
        remittance = Remittance(
            id=new_id(REMITTANCES.prefix),
            courier_id=courier.id,
            hub=form.hub,
            payments=parts,
            declared=_sum(parts),
            **stamp(now),
        )
        ids = [payment.id for payment in chosen]

        async def work(session: Session) -> Answer:
            claimed = await self._repository.claim(ids, courier.id, remittance.id, now, session=session)
            if claimed != len(ids):
                raise errors.remittance_claimed([payment.order_id for payment in chosen])
            await self._repository.insert(remittance, session=session)
            await self._record(session, actor, "declare", None, remittance)
            done = Answer({"data": show(remittance)}, 201, location="/v1/courier/remittances")
            await self._idempotency.keep(claim, done, session=session)
            return done

        return await self._mongo.in_transaction(work)

    async def withdraw(self, actor: Actor, remittance_id: str) -> Remittance:
        """Undo a declaration that was not received: its cash may be declared anew. Repeated: the same answer."""
        courier = await self._couriers.get_of_actor(actor)

        async def work(session: Session) -> Remittance:
            found = await self._repository.find(remittance_id, session=session)
            known = required(found if found is not None and found.courier_id == courier.id else None, "remittance")
            if known.state is RemittanceState.WITHDRAWN:
                return known
            if known.state not in COUNTABLE:
                raise errors.remittance_state(known.state.value, "withdrawn")
            await self._repository.unclaim(known, self._clock.now(), session=session)
            changed = await self._change(session, known, {"state": RemittanceState.WITHDRAWN})
            await self._record(session, actor, "withdraw", known, changed)
            return changed

        return await self._mongo.in_transaction(work)

    async def receive(self, actor: Actor, remittance_id: str, form: Counted, claim: Claim) -> Answer:
        """The hub has counted the cash: it leaves the courier's custody, if the count is what was declared.

        409 `fulfilment.remittance.mismatch` otherwise: nothing is booked, and the count stays on the remittance. 409
        `fulfilment.remittance.state` for one that was received or withdrawn before.
        """
        actor.require("cash:receive")
        known = required(await self._repository.find(remittance_id), "remittance")
        _countable(known)
        counted = form.counted.money()
        if counted != known.declared:
            await self._dispute(actor, remittance_id, counted, form.note)
            raise errors.count_mismatch(known.declared, counted)

        async def work(session: Session) -> Answer:
            received = await self._book(session, actor, remittance_id, counted, form.note)
            done = Answer({"data": show(received)})
            await self._idempotency.keep(claim, done, session=session)
            mark("fulfilment.remittance.written")
            return done

        return await self._mongo.in_transaction(work)

    async def _book(
        self, session: Session, actor: Actor, remittance_id: str, counted: Money, note: str | None
    ) -> Remittance:
        remittance = required(await self._repository.find(remittance_id, session=session), "remittance")
        _countable(remittance)
        now = self._clock.now()
        ids = [each.payment_id for each in remittance.payments]
        await self._payments.cash_remitted(session, ids, remittance.courier_id)
        posting = remitted(remittance.id, remittance.hub, remittance.courier_id, remittance.declared)
        journals = await self._ledger.post(session, [posting], actor=actor, now=now)
        courier = await self._couriers.load(session, remittance.courier_id, cash=-remittance.declared)
        received = await self._change(
            session,
            remittance,
            {
                "state": RemittanceState.RECEIVED,
                "counts": _counts(remittance, counted, actor, note, self._clock),
                "received_at": now,
                "journal_id": journals[0].id,
            },
        )
        await self._record(session, actor, "receive", remittance, received)
        payload = {
            "remittance_id": received.id,
            "courier_id": courier.id,
            "account_id": courier.account_id,
            "hub": received.hub,
            "amount": received.declared.model_dump(),
        }
        news = News("remittance.received", "remittance", received.id, received.ver, payload)
        await append_events(self._mongo, session, [news], clock=self._clock)
        return received

    async def _dispute(self, actor: Actor, remittance_id: str, counted: Money, note: str | None) -> None:
        async def work(session: Session) -> None:
            remittance = required(await self._repository.find(remittance_id, session=session), "remittance")
            _countable(remittance)
            counts = _counts(remittance, counted, actor, note, self._clock)
            words = {"state": RemittanceState.DISPUTED, "counts": counts}
            disputed = await self._change(session, remittance, words)
            await self._record(session, actor, "dispute", remittance, disputed)

        await self._mongo.in_transaction(work)

    async def _carried(self, courier: CourierProfile) -> list[Payment]:
        return await self._payments.list_cash_of_courier(courier.id, CashState.COLLECTED, limit=MOST_PAYMENTS)

    async def _chosen(self, courier: CourierProfile, form: Declare) -> list[Payment]:
        free = [payment for payment in await self._carried(courier) if payment.remittance_id is None]
        if form.task_ids == "all":
            if not free:
                raise errors.remittance_empty()
            return free
        of_order = {payment.order_id: payment for payment in free}
        tasks = [await self._tasks.get_of_courier(courier, task_id) for task_id in dict.fromkeys(form.task_ids)]
        missing = [task.order_id for task in tasks if task.order_id not in of_order]
        if missing:
            raise errors.remittance_claimed(missing)
        return [of_order[task.order_id] for task in tasks]

    async def _change(self, session: Session, remittance: Remittance, words: dict[str, Any]) -> Remittance:
        changed = await self._repository.change(remittance, {**words, "updated_at": self._clock.now()}, session=session)
        if changed is None:
            raise try_again("remittance")
        return changed

    async def _record(
        self, session: Session, actor: Actor, verb: str, before: Remittance | None, after: Remittance
    ) -> None:
        counted = after.counts[-1].amount.model_dump() if after.counts else None
        await self._audit.record(
            session,
            actor,
            f"remittance.{verb}",
            "remittance",
            after.id,
            before={} if before is None else {"state": before.state.value},
            after={"state": after.state.value, "declared": after.declared.model_dump(), "counted": counted},
        )


def _countable(remittance: Remittance) -> None:
    if remittance.state not in COUNTABLE:
        raise errors.remittance_state(remittance.state.value, "received")


def _part(payment: Payment) -> RemittedPayment:
    return RemittedPayment(
        payment_id=payment.id, order_id=payment.order_id, amount=required(cash_due(payment), "cash payment")
    )


def _sum(parts: Sequence[RemittedPayment]) -> Money:
    whole = parts[0].amount
    for part in parts[1:]:
        whole = whole + part.amount
    return whole


def _counts(remittance: Remittance, counted: Money, actor: Actor, note: str | None, clock: Clock) -> tuple[Count, ...]:
    return (*remittance.counts, Count(amount=counted, by=actor.id, at=clock.now(), note=note))[-20:]
