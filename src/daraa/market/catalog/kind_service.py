"""The kinds of stores, tended by admins: a tree of two levels."""

from collections.abc import Mapping
from typing import Any

from daraa.collections.store_categories import StoreCategory
from daraa.declare import Localized
from daraa.declare.document import stamp
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.text import fold
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import Actor
from daraa.market.audit.service import Audit
from daraa.market.catalog import errors
from daraa.market.catalog.admin_schemas import CreateNode, PatchNode
from daraa.market.catalog.tree_repository import KindRepository
from daraa.market.catalog.tree_service import RIGHT
from daraa.market.found import required
from daraa.market.http import version_stale
from daraa.market.patching import changed_fields, update_of
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import CONFLICT, DUPLICATE
from daraa.stores.mongo.session import Session


class Kinds:
    """For admins with the right `category:write`."""

    def __init__(self, mongo: Mongo, audit: Audit, clock: Clock = SYSTEM_CLOCK) -> None:
        self._mongo, self._audit, self._clock = mongo, audit, clock
        self._kinds = KindRepository(mongo)

    async def get(self, actor: Actor, kind_id: str) -> StoreCategory:
        """A kind of store, active or not."""
        actor.require(RIGHT)
        return required(await self._kinds.find(kind_id), "kind of store")

    async def list_children(self, actor: Actor, parent_id: str | None) -> list[StoreCategory]:
        """The kinds below a kind, or the upper ones, active or not, in order."""
        actor.require(RIGHT)
        return await self._kinds.list_children(parent_id)

    async def create(self, actor: Actor, wanted: CreateNode) -> StoreCategory:
        """A new kind of store; `catalog.slug.taken`, `catalog.category.deep` below one that is below another."""
        actor.require(RIGHT)

        async def work(session: Session) -> StoreCategory:
            now = self._clock.now()
            fields = _stored({name: getattr(wanted, name) for name in CreateNode.model_fields})
            depth = await self._depth(wanted.parent_id, session)
            kind = StoreCategory(id=new_id("sct"), depth=depth, **fields, **stamp(now))
            await self._kinds.insert(kind, session=session)
            after = {"slug": kind.slug, "parent_id": kind.parent_id}
            await self._audit.record(session, actor, "store_category.create", "store_category", kind.id, after=after)
            return kind

        try:
            return await self._mongo.in_transaction(work)
        except DaraaError as error:
            if error.code == DUPLICATE:
                raise errors.slug_taken(wanted.slug) from error
            raise

    async def patch(self, actor: Actor, kind_id: str, version: int, wanted: PatchNode) -> StoreCategory:
        """Change or move a kind of store; one that has others below it stays where it is."""
        actor.require(RIGHT)
        given = wanted.given()

        async def work(session: Session) -> StoreCategory:
            now = self._clock.now()
            before = required(await self._kinds.find(kind_id, session=session), "kind of store")
            if before.ver != version:
                raise version_stale()
            fields = _stored(given)
            if "parent_id" in given and given["parent_id"] != before.parent_id:
                if given["parent_id"] == kind_id:
                    raise _too_deep()
                fields["depth"] = await self._depth(given["parent_id"], session)
                if fields["depth"] and await self._kinds.list_children(kind_id, session=session):
                    raise _too_deep()
            after = await self._kinds.change({"id": kind_id, "ver": version}, update_of(fields, now), session=session)
            if after is None:
                raise version_stale()
            was, is_now = changed_fields(before, after, given)
            await self._audit.record(
                session, actor, "store_category.change", "store_category", kind_id, before=was, after=is_now
            )
            return after

        return await self._mongo.in_transaction(work)

    async def _depth(self, parent_id: str | None, session: Session) -> int:
        """0, or 1 below a parent, which is written so that nobody moves it below another meanwhile."""
        if parent_id is None:
            return 0
        parent = await self._kinds.find(parent_id, session=session)
        if parent is None:
            raise DaraaError(
                errors.CATEGORY_UNFIT, "There is no such parent.", hint="Choose an existing one.", ar="لا يوجد أب كهذا."
            )
        if parent.depth:
            raise _too_deep()
        guard = {"id": parent_id, "ver": parent.ver}
        if await self._kinds.change(guard, update_of({}, self._clock.now()), session=session) is None:
            raise DaraaError(CONFLICT, "Somebody else changed it.", hint="Try again.")
        return 1


def _stored(given: Mapping[str, Any]) -> dict[str, Any]:
    fields = dict(given)
    for key in ("name", "description"):
        if fields.get(key) is not None:
            fields[key] = fields[key].localized()
    if isinstance(name := fields.get("name"), Localized):
        fields["search_text"] = fold(f"{name.ar} {name.en}")
    return fields


def _too_deep() -> DaraaError:
    return DaraaError(
        errors.CATEGORY_DEEP,
        "Kinds of stores have two levels.",
        hint="Choose an upper kind as the parent, and move only what has nothing below it.",
        ar="لأنواع المتاجر مستويان فقط.",
    )
