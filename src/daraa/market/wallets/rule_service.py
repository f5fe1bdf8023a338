"""Commission rules as admins keep them: a rule is never changed, a new version ends the old one as it begins."""

from datetime import datetime
from typing import Any

from daraa.collections.commission_rules import CommissionRule, RuleScope
from daraa.declare.document import stamp
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.time import SYSTEM_CLOCK, Clock, to_milliseconds
from daraa.market.actor import Actor
from daraa.market.audit.service import Audit
from daraa.market.found import After
from daraa.market.idempotency.service import Answer, Claim, Idempotency
from daraa.market.wallets import answers, errors
from daraa.market.wallets.commission import in_force
from daraa.market.wallets.earnings_repository import RuleRepository
from daraa.market.wallets.schemas import RuleIn
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.session import Session

WRITE = "commission:write"


class CommissionRules:
    """Lists, makes and ends rules; every call needs the right `commission:write`."""

    def __init__(self, mongo: Mongo, audit: Audit, idempotency: Idempotency, clock: Clock = SYSTEM_CLOCK) -> None:
        self._mongo = mongo
        self._repository = RuleRepository(mongo)
        self._audit = audit
        self._idempotency = idempotency
        self._clock = clock

    async def list_active(self, actor: Actor, *, limit: int, after: After = None) -> list[CommissionRule]:
        """The rules that are switched on, in the order they are asked; some may begin later or be over."""
        actor.require(WRITE)
        return await self._repository.list_active(limit=limit, after=after)

    async def create(self, actor: Actor, wanted: RuleIn, claim: Claim) -> Answer:
        """Add a rule, and end the one it replaces at the moment it begins (now, when no time is given).

        `wallets.rules.invalid` for bounds or times that contradict each other, a scope that is not there, and a
        replaced rule of another scope; `wallets.rules.ended` when that one has ended already.
        """
        actor.require(WRITE)
        now = self._clock.now()
        rule = _rule(wanted, actor, now)
        if not await self._is_there(rule.scope, rule.scope_id):
            raise errors.rule_invalid("scope_id", "The scope names nothing that is there.")
        replaced = await self._repository.get(wanted.replaces) if wanted.replaces else None
        if replaced is not None and (replaced.scope, replaced.scope_id) != (rule.scope, rule.scope_id):
            raise errors.rule_invalid("replaces", "A new version keeps the scope of the old one.")

        async def work(session: Session) -> Answer:
            if replaced is not None:
                await self._end(session, actor, replaced, at=rule.valid_from, now=now, reason=f"replaced by {rule.id}")
            await self._repository.insert(rule, session=session)
            shown = answers.whole(rule)
            await self._audit.record(session, actor, "commission_rule.create", "commission_rule", rule.id, after=shown)
            done = Answer({"data": shown}, 201, location="/v1/admin/commission-rules")
            await self._idempotency.keep(claim, done, session=session)
            return done

        return await self._mongo.in_transaction(work)

    async def end(self, actor: Actor, rule_id: str, reason: str) -> CommissionRule:
        """Switch a rule off now. `wallets.rules.ended` when it is; `wallets.rules.last` for the last general one.

        Orders keep what was sealed on them. Two admins may still end two last rules at the same moment: checkout
        then says `wallets.rules.missing` until there is one again.
        """
        actor.require(WRITE)
        now = self._clock.now()
        rule = await self._repository.get(rule_id)
        if rule.scope is RuleScope.GLOBAL and in_force(rule, now):
            others = await self._repository.list_active(limit=2_000)
            if not any(
                each.id != rule.id and each.scope is RuleScope.GLOBAL and in_force(each, now) for each in others
            ):
                raise DaraaError(
                    errors.RULE_LAST,
                    "Without a general rule nothing can be sold.",
                    hint="Create its new version with `replaces` instead.",
                    ar="لا بيع من دون قاعدة عامة؛ أنشئ نسخة جديدة تحل محلها.",
                )
        return await self._mongo.in_transaction(
            lambda session: self._end(session, actor, rule, at=now, now=now, reason=reason)
        )

    async def _is_there(self, scope: RuleScope, scope_id: str | None) -> bool:
        if scope is RuleScope.GLOBAL or scope_id is None:
            return scope is RuleScope.GLOBAL and scope_id is None
        find = self._repository.find_store if scope is RuleScope.STORE else self._repository.find_category
        return await find(scope_id) is not None

    async def _end(
        self, session: Session, actor: Actor, rule: CommissionRule, *, at: datetime, now: datetime, reason: str
    ) -> CommissionRule:
        """End the rule at `at`; it stays listed as active until then."""
        words: dict[str, Any] = {"valid_until": at, "updated_at": now, "is_active": at > now}
        guard = {"id": rule.id, "ver": rule.ver, "is_active": True}
        if not in_force(rule, now) and rule.valid_until is not None and rule.valid_until <= now:
            raise errors.rule_ended()
        ended = await self._repository.change(guard, {"$set": words, "$inc": {"ver": 1}}, session=session)
        if ended is None:
            raise errors.rule_ended()
        before = {"is_active": True, "valid_until": rule.valid_until and rule.valid_until.isoformat()}
        after = {"is_active": ended.is_active, "valid_until": at.isoformat()}
        action = "commission_rule.end"
        await self._audit.record(
            session, actor, action, "commission_rule", rule.id, before=before, after=after, reason=reason
        )
        return ended


def _rule(wanted: RuleIn, actor: Actor, now: datetime) -> CommissionRule:
    begins = max(to_milliseconds(wanted.valid_from), now) if wanted.valid_from else now
    ends = to_milliseconds(wanted.valid_until) if wanted.valid_until else None
    if ends is not None and ends <= begins:
        raise errors.rule_invalid("valid_until", "The rule would end before it begins.")
    if (wanted.scope is RuleScope.GLOBAL) != (wanted.scope_id is None):
        raise errors.rule_invalid("scope_id", "A general rule names nothing, any other names its store or kind.")
    least, most = wanted.least, wanted.most
    if least and most and (least.currency != most.currency or least.amount > most.amount):
        raise errors.rule_invalid("least", "The least amount is in another currency than the most, or above it.")
    return CommissionRule(
        id=new_id("crl"),
        name=wanted.name.localized(),
        scope=wanted.scope,
        scope_id=wanted.scope_id,
        rank=wanted.rank,
        platform_bp=wanted.platform_bp,
        delivery_bp=wanted.delivery_bp,
        payment_bp=wanted.payment_bp,
        least=least.money() if least else None,
        most=most.money() if most else None,
        valid_from=begins,
        valid_until=ends,
        created_by=actor.id,
        **stamp(now),
    )
