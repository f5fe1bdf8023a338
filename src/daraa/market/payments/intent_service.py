"""Intents: confirmed by the customer, moved by what the provider says, looked after when it says nothing."""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from daraa.collections.payment_intents import IntentStatus, PaymentIntent
from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import PaymentsSettings
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import JOB, Actor
from daraa.market.audit.service import Audit
from daraa.market.found import required
from daraa.market.payments.errors import intent_finished
from daraa.market.payments.intent_news import intent_news
from daraa.market.payments.ranks import OPEN, Effect, Report, Verdict, judge
from daraa.market.payments.reports import report_of
from daraa.market.payments.repository import IntentRepository
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import CONFLICT
from daraa.stores.mongo.outbox import append_events
from daraa.stores.mongo.server_time import server_now
from daraa.stores.mongo.session import Session
from daraa.stores.providers import CardProvider, Charge, ChargeOrder, garbled

_LOG = logging.getLogger(__name__)
FIRST_LOOK = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=10)
SILENCE = timedelta(hours=1)
"""How long after its time an intent waits for a provider that does not answer, before it is given up."""
LATE_LOOKS = timedelta(days=1)
"""How long after its time the provider is still asked about an intent that expired, in case the payer paid late."""
LATE_PAUSE = timedelta(hours=4)
BATCH = 100
MOST_SILENT = 3
"""After so many calls in a row without an answer a sweep leaves the rest to the next one."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """An intent, what was said of it, and what follows."""

    intent: PaymentIntent
    report: Report
    verdict: Verdict


class Intents:
    """The life of an intent. `weigh` and `act` are the only way in which one moves, whoever brings the word."""

    def __init__(
        self,
        mongo: Mongo,
        provider: CardProvider,
        settings: PaymentsSettings,
        audit: Audit,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._mongo = mongo
        self._intents = IntentRepository(mongo)
        self._provider = provider
        self._settings = settings
        self._audit = audit
        self._clock = clock

    async def get_own(self, intent_id: str, customer_id: str) -> PaymentIntent:
        """A customer's intent; somebody else's is missing."""
        intent = await self._intents.find(intent_id)
        return required(intent if intent is not None and intent.customer_id == customer_id else None, "payment intent")

    async def list_of_target(self, target_id: str, *, limit: int = 20) -> list[PaymentIntent]:
        """What was tried to pay a checkout or to fill a wallet, the newest first."""
        return await self._intents.list_of_target(target_id, limit=limit)

    async def confirm(self, intent_id: str, actor: Actor, token: str | None = None) -> PaymentIntent:
        """Ask the provider to charge; the intent as it is then, with the page to which the payer is sent, if any.

        Repeating it changes nothing: the provider knows the intent by its id. DaraaError `payments.intent.finished`
        when it failed or expired, `stores.provider.*` when the provider does not take it (call again).
        """
        intent = await self.get_own(intent_id, actor.id)
        if intent.status is not IntentStatus.CREATED:
            return _unfinished(intent)
        now = await server_now(self._mongo)
        if now >= intent.expires_at:
            raise intent_finished(IntentStatus.EXPIRED.value)
        # Noted before the call: if we die in it, the sweeper finds the charge by the intent's id.
        look = min(now + FIRST_LOOK, intent.expires_at)
        await self._intents.change({"id": intent.id, "status": IntentStatus.CREATED}, _looked(look, now, looks=0))
        order = ChargeOrder(
            intent.id, intent.amount.amount, intent.amount.currency, self._settings.return_url, token=token
        )
        verdict = await self.learn(await self._provider.create(order), actor)
        if verdict is None or verdict.effect is Effect.PARK:
            raise garbled("it is about another sum or charge")
        return _unfinished(await self._intents.get(intent.id))

    async def learn(self, charge: Charge, actor: Actor) -> Verdict | None:
        """Take over what the provider said of a charge when we asked it; None for an intent that is not ours."""
        return await self._apply(charge.intent_id, report_of(self._provider.name, charge), actor)

    async def _apply(self, intent_id: str, report: Report, actor: Actor) -> Verdict | None:
        async def work(session: Session) -> Verdict | None:
            weighed = await self.weigh(session, intent_id, report)
            if weighed is None:
                return None
            await self.act(session, weighed, actor)
            return weighed.verdict

        return await self._mongo.in_transaction(work)

    async def weigh(self, session: Session, intent_id: str, report: Report) -> Weighed | None:
        """What a report does to the intent, as the transaction sees it; None when we have no such intent."""
        intent = await self._intents.find(intent_id, session=session)
        return None if intent is None else Weighed(intent, report, judge(intent, report))

    async def act(self, session: Session, weighed: Weighed, actor: Actor) -> None:
        """Do it in the same transaction: the move with its event and audit row, or the note for a person."""
        match weighed.verdict.effect:
            case Effect.MOVE:
                await self._move(session, weighed.intent, weighed.report, actor)
            case Effect.PARK:
                await self._park(session, weighed.intent, weighed.report, actor, weighed.verdict.why)

    async def _move(self, session: Session, intent: PaymentIntent, report: Report, actor: Actor) -> None:
        now = self._clock.now()
        words: dict[str, Any] = {"status": report.status, "updated_at": now}
        if report.provider_ref is not None:
            words["provider_ref"] = report.provider_ref
        if report.redirect_url is not None:
            words["redirect_url"] = report.redirect_url
        change: dict[str, Any] = {"$set": words, "$inc": {"ver": 1}}
        if report.status is IntentStatus.CAPTURED:
            words |= {"captured_at": report.at or now, "ended_at": now, "late": intent.status not in OPEN}
            change["$unset"] = {"look_at": ""}
        elif report.status is IntentStatus.PROCESSING:
            words["look_at"] = min(now + FIRST_LOOK, intent.expires_at)
        else:
            words |= {"ended_at": now, "failure_reason": report.failure_reason or report.status.value}
            # What failed or ran out may still be paid: a payer tries again on the provider's page.
            words["look_at"] = max(now, intent.expires_at) + SILENCE
        moved = await self._intents.change(
            {"id": intent.id, "status": intent.status, "ver": intent.ver}, change, session=session
        )
        if moved is None:
            raise DaraaError(CONFLICT, "The intent has just moved.", hint="Read again and retry.")
        if report.status is not IntentStatus.PROCESSING:
            await self._tell(session, intent, moved, actor)

    async def _tell(self, session: Session, before: PaymentIntent, moved: PaymentIntent, actor: Actor) -> None:
        await append_events(self._mongo, session, [intent_news(moved)], clock=self._clock)
        await self._audit.record(
            session,
            actor,
            f"intent.{moved.status.value}",
            "payment_intent",
            moved.id,
            before={"status": before.status.value},
            after={"status": moved.status.value, "late": moved.late, "provider_ref": moved.provider_ref},
        )

    async def _park(self, session: Session, intent: PaymentIntent, report: Report, actor: Actor, why: str) -> None:
        _LOG.error("payment intent %s needs a person: %s", intent.id, why)
        await self._audit.record(
            session,
            actor,
            "intent.parked",
            "payment_intent",
            intent.id,
            before={"status": intent.status.value, "amount": intent.amount.model_dump()},
            after={"status": report.status.value, "amount": report.amount.model_dump()},
            reason=why,
        )

    async def sweep_intents(self) -> Mapping[str, int]:
        """Ask the provider about intents it should have spoken of, and end those whose time is over."""
        counts: Counter[str] = Counter(looked=0)
        silent = 0
        now = await server_now(self._mongo)
        for intent in await self._intents.list_due(now, limit=BATCH):
            counts["looked"] += 1
            try:
                counts[await self._look(intent, now)] += 1
                silent = 0
            except DaraaError as error:
                of_provider = error.code.startswith("stores.provider.")
                if error.retryable and not of_provider:
                    raise
                silent += of_provider
                counts["silent" if of_provider else "broken"] += 1
                _LOG.warning("nothing could be learnt about payment intent %s: %s", intent.id, error)
                await self._outlive_silence(intent, now)
            if silent >= MOST_SILENT:
                break
        return dict(counts)

    async def _look(self, intent: PaymentIntent, now: datetime) -> str:
        charge = await self._ask(intent)
        if charge is not None:
            await self.learn(charge, JOB)
        known = await self._intents.get(intent.id)
        if known.status is not intent.status and known.status not in OPEN:
            return known.status.value
        if known.status in OPEN and now >= known.expires_at:
            await self._expire(known, "its time was over")
            return IntentStatus.EXPIRED.value
        await self._look_again(known, now)
        return "waiting"

    async def _ask(self, intent: PaymentIntent) -> Charge | None:
        if intent.provider != self._provider.name:
            return None
        if intent.provider_ref is not None:
            return await self._provider.get(intent.provider_ref)
        return await self._provider.find(intent.id)

    async def _outlive_silence(self, intent: PaymentIntent, now: datetime) -> None:
        if intent.status in OPEN and now >= intent.expires_at + SILENCE:
            await self._expire(intent, "the provider did not answer")
        else:
            await self._look_again(intent, now)

    async def _look_again(self, intent: PaymentIntent, now: datetime) -> None:
        """Later, with growing pauses; an ended one every few hours for a day, and then never again."""
        guard = {"id": intent.id, "status": intent.status}
        if intent.status not in OPEN and now >= intent.expires_at + LATE_LOOKS:
            change = {"$unset": {"look_at": ""}, "$set": {"updated_at": now}, "$inc": {"ver": 1}}
            await self._intents.change(guard, change)
            return
        pause = min(FIRST_LOOK * 2 ** min(intent.looks, 6), LONGEST_PAUSE)
        look = now + pause if intent.status in OPEN else now + LATE_PAUSE
        if intent.status in OPEN and now < intent.expires_at:
            look = min(look, intent.expires_at)
        await self._intents.change(guard, _looked(look, now, looks=intent.looks + 1))

    async def _expire(self, intent: PaymentIntent, why: str) -> None:
        report = Report(intent.provider, intent.provider_ref, IntentStatus.EXPIRED, intent.amount, failure_reason=why)

        await self._apply(intent.id, report, JOB)


def _unfinished(intent: PaymentIntent) -> PaymentIntent:
    if intent.status in (IntentStatus.FAILED, IntentStatus.EXPIRED):
        raise intent_finished(intent.status.value)
    return intent


def _looked(look: datetime, now: datetime, *, looks: int) -> dict[str, Any]:
    return {"$set": {"look_at": look, "looks": looks, "updated_at": now}, "$inc": {"ver": 1}}
