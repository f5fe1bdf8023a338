"""The words of messages as admins tend them: drafts, one published version a key and channel, nothing ever edited."""

from dataclasses import dataclass

from daraa.collections.notification_templates import NotificationTemplate, TemplateState
from daraa.collections.notifications import Channel
from daraa.declare import Localized
from daraa.declare.document import stamp
from daraa.declare.names import did_you_mean
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import Actor
from daraa.market.audit.service import Audit
from daraa.market.found import After, required
from daraa.market.notifications.errors import key_unknown, state_wrong, text_invalid
from daraa.market.notifications.repository import TemplateRepository
from daraa.market.notifications.telling import SLOTS, TELLINGS
from daraa.market.notifications.wording import missing_slots, slots, stray_braces
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import CONFLICT, DUPLICATE
from daraa.stores.mongo.session import Session

WRITE = "template:write"
TYPES = {each.key: each.type for tellings in TELLINGS.values() for each in tellings}
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Draft:
    """What an admin writes."""

    key: str
    channel: Channel
    title: Localized
    body: Localized


class Templates:
    """Every call needs the right `template:write`."""

    def __init__(self, mongo: Mongo, audit: Audit, clock: Clock = SYSTEM_CLOCK) -> None:
        self._mongo, self._audit, self._clock = mongo, audit, clock
        self._repository = TemplateRepository(mongo)

    async def list_of_state(
        self, actor: Actor, state: TemplateState, *, limit: int, after: After = None
    ) -> list[NotificationTemplate]:
        """Versions of a state, newest first."""
        actor.require(WRITE)
        return await self._repository.list_of_state(state, limit=limit, after=after)

    async def list_versions(
        self, actor: Actor, key: str, channel: Channel, *, limit: int, after: After = None
    ) -> list[NotificationTemplate]:
        """The history of one text, newest first."""
        actor.require(WRITE)
        return await self._repository.list_versions(key, channel, limit=limit, after=after)

    async def get(self, actor: Actor, template_id: str) -> NotificationTemplate:
        """One version; `market.thing.missing` when there is none."""
        actor.require(WRITE)
        return required(await self._repository.find(template_id), "template")

    async def create(self, actor: Actor, draft: Draft) -> NotificationTemplate:
        """A new draft, as the next version of its key and channel; what cannot be filled in is refused (422)."""
        actor.require(WRITE)
        check_draft(draft)
        for attempt in range(_TRIES):
            last = await self._repository.list_versions(draft.key, draft.channel, limit=1)
            now = self._clock.now()
            made = NotificationTemplate(
                id=new_id("ntt"),
                key=draft.key,
                channel=draft.channel,
                version=last[0].version + 1 if last else 1,
                type=TYPES[draft.key],
                title=draft.title,
                body=draft.body,
                params=tuple(sorted(slots(*_texts(draft)))),
                edited_by=actor.id,
                **stamp(now),
            )
            try:
                return await self._insert(actor, made)
            except DaraaError as error:
                # Somebody else took the number: the next one is ours.
                if error.code != DUPLICATE or attempt == _TRIES - 1:
                    raise
        raise AssertionError("the loop returns or raises")

    async def _insert(self, actor: Actor, made: NotificationTemplate) -> NotificationTemplate:
        async def work(session: Session) -> NotificationTemplate:
            await self._repository.table.insert(made, session=session)
            await self._audit.record(
                session, actor, "template.create", "notification_template", made.id, after=_audited(made)
            )
            return made

        return await self._mongo.in_transaction(work)

    async def publish(self, actor: Actor, template_id: str) -> NotificationTemplate:
        """Put a draft in use and retire the version that was; both in one transaction with their audit row."""
        actor.require(WRITE)
        draft = required(await self._repository.find(template_id), "template")
        if draft.state is not TemplateState.DRAFT:
            raise state_wrong(draft.state.value)
        now = self._clock.now()

        async def work(session: Session) -> NotificationTemplate:
            # All who publish a text compete for its first version: SecantusDB lets two transactions at once give two
            # documents the same unique key when both do it by an update (with inserts it notices).
            await self._repository.table.update_one(
                {"key": draft.key, "channel": draft.channel, "version": 1}, {"$inc": {"ver": 1}}, session=session
            )
            await self._repository.table.update_many(
                {"key": draft.key, "channel": draft.channel, "state": TemplateState.PUBLISHED},
                {"$set": {"state": TemplateState.RETIRED, "updated_at": now}, "$inc": {"ver": 1}},
                session=session,
            )
            published = await self._repository.table.update_and_get(
                {"id": draft.id, "state": TemplateState.DRAFT},
                {
                    "$set": {"state": TemplateState.PUBLISHED, "published_at": now, "updated_at": now},
                    "$inc": {"ver": 1},
                },
                session=session,
            )
            if published is None:
                raise DaraaError(CONFLICT, "Somebody else published it.", hint="Read it again.")
            await self._audit.record(
                session,
                actor,
                "template.publish",
                "notification_template",
                draft.id,
                before=_audited(draft),
                after=_audited(published),
            )
            return published

        try:
            return await self._mongo.in_transaction(work)
        except DaraaError as error:
            if error.code not in (CONFLICT, DUPLICATE):
                raise
            seen = required(await self._repository.find(template_id), "template")
            if seen.state is not TemplateState.DRAFT:
                raise state_wrong(seen.state.value) from error
            raise


def check_draft(draft: Draft) -> None:
    """A known key, text in both languages, and only slots that the event fills."""
    if draft.key not in SLOTS:
        raise key_unknown(draft.key, did_you_mean(draft.key, SLOTS))
    offered = sorted(SLOTS[draft.key])
    if any(not text.strip() for text in _texts(draft)):
        raise text_invalid("A text is empty.", offered, "النص فارغ في إحدى اللغتين.")
    if wrong := missing_slots(_texts(draft), offered):
        raise text_invalid(f"Nobody fills {', '.join(wrong)}.", offered, "في النص حقول غير معروفة.")
    if any(stray_braces(text) for text in _texts(draft)):
        raise text_invalid("A brace belongs to no slot.", offered, "في النص قوس معقوف زائد.")
    for part in (draft.title, draft.body):
        if slots(part.ar) != slots(part.en):
            raise text_invalid("The two languages tell different things.", offered, "اللغتان لا تذكران الحقول نفسها.")


def _texts(draft: Draft) -> tuple[str, str, str, str]:
    return draft.title.ar, draft.title.en, draft.body.ar, draft.body.en


def _audited(template: NotificationTemplate) -> dict[str, object]:
    return template.model_dump(mode="json", include={"key", "channel", "version", "title", "body", "state"})
