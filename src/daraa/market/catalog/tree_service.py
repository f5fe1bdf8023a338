"""The category tree, tended by admins: no category below itself, none too deep; a move drags its subtree behind it."""

from collections.abc import Mapping
from typing import Any

from daraa.collections.categories import AttributeRule, Category
from daraa.declare.document import stamp
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import Actor
from daraa.market.audit.service import Audit
from daraa.market.catalog import errors
from daraa.market.catalog.admin_schemas import CreateCategory, PatchCategory
from daraa.market.catalog.goods import path_of
from daraa.market.catalog.tree_repository import TreeRepository
from daraa.market.found import required
from daraa.market.http import version_stale
from daraa.market.patching import changed_fields, update_of
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.errors import CONFLICT, DUPLICATE
from daraa.stores.mongo.session import Session

RIGHT = "category:write"
DEEPEST = 5


class Categories:
    """For admins with the right `category:write`. The parent of a node is the truth; ancestors follow it."""

    def __init__(self, mongo: Mongo, audit: Audit, clock: Clock = SYSTEM_CLOCK) -> None:
        self._mongo, self._audit, self._clock = mongo, audit, clock
        self._tree = TreeRepository(mongo)

    async def get(self, actor: Actor, category_id: str) -> Category:
        """A category, active or not."""
        actor.require(RIGHT)
        return required(await self._tree.find(category_id), "category")

    async def list_children(self, actor: Actor, parent_id: str | None) -> list[Category]:
        """The children of a category, or the roots, active or not, in order."""
        actor.require(RIGHT)
        return await self._tree.list_children(parent_id)

    async def create(self, actor: Actor, wanted: CreateCategory) -> Category:
        """A new category; `catalog.slug.taken`, `catalog.category.unknown` for the parent, `catalog.category.deep`."""
        actor.require(RIGHT)

        async def work(session: Session) -> Category:
            now = self._clock.now()
            fields = _stored({name: getattr(wanted, name) for name in CreateCategory.model_fields})
            place = await self._place(wanted.parent_id, session)
            category = Category(id=new_id("cat"), **fields, **place, **stamp(now))
            if wanted.parent_id is not None:
                await self._touch(wanted.parent_id, session)
            await self._tree.insert(category, session=session)
            after = {"slug": category.slug, "parent_id": category.parent_id}
            await self._audit.record(session, actor, "category.create", "category", category.id, after=after)
            return category

        try:
            return await self._mongo.in_transaction(work)
        except DaraaError as error:
            if error.code == DUPLICATE:
                raise errors.slug_taken(wanted.slug) from error
            raise

    async def patch(self, actor: Actor, category_id: str, version: int, wanted: PatchCategory) -> Category:
        """Change or move a category.

        `catalog.category.cycle` below itself, `.deep` beyond five levels, `.moving` (retryable) while another move is
        still being followed.
        """
        actor.require(RIGHT)
        given = wanted.given()

        async def work(session: Session) -> Category:
            now = self._clock.now()
            before = required(await self._tree.find(category_id, session=session), "category")
            if before.ver != version:
                raise version_stale()
            fields = _stored(given)
            if "parent_id" in given and given["parent_id"] != before.parent_id:
                fields |= await self._move(before, given["parent_id"], session) | {"moved_at": now}
            update = update_of(fields, now)
            after = await self._tree.change({"id": category_id, "ver": version}, update, session=session)
            if after is None:
                raise version_stale()
            was, is_now = changed_fields(before, after, given)
            await self._audit.record(
                session, actor, "category.change", "category", category_id, before=was, after=is_now
            )
            return after

        return await self._mongo.in_transaction(work)

    async def _move(self, moved: Category, parent_id: str | None, session: Session) -> dict[str, Any]:
        """Where the category comes to stand.

        Every category above the new place is written, so that two moves that would make a circle between them, or a
        branch too deep, meet in one document and one of them sees the other.
        """
        if await self._tree.list_moved(limit=1, session=session):
            raise DaraaError(
                errors.CATEGORY_MOVING,
                "Another category has moved and what is below it still follows.",
                hint="Try again in a moment.",
                ar="حاول بعد لحظات.",
            )
        above = parent_id
        while above is not None:
            if above == moved.id:
                raise DaraaError(
                    errors.CATEGORY_CYCLE,
                    "A category cannot be moved below itself.",
                    hint="Choose a parent outside of it.",
                    ar="اختر أبا خارج هذا التصنيف.",
                )
            above = (await self._touch(above, session)).parent_id
        place = await self._place(parent_id, session)
        below = await self._tree.list_below(moved.id, session=session)
        height = max((each.depth for each in below), default=moved.depth) - moved.depth
        _check_depth(place["depth"] + height)
        return place

    async def _place(self, parent_id: str | None, session: Session) -> dict[str, Any]:
        """The fields of a category's place below a parent."""
        if parent_id is None:
            return {"ancestors": (), "depth": 0}
        parent = await self._tree.find(parent_id, session=session)
        if parent is None:
            raise _parent_unknown()
        _check_depth(parent.depth + 1)
        return {"ancestors": path_of(parent), "depth": parent.depth + 1}

    async def _touch(self, category_id: str, session: Session) -> Category:
        """Write a category without changing it, so that who moves it meanwhile is told apart."""
        known = await self._tree.find(category_id, session=session)
        if known is None:
            raise _parent_unknown()
        guard = {"id": category_id, "ver": known.ver}
        if await self._tree.change(guard, update_of({}, self._clock.now()), session=session) is None:
            raise DaraaError(CONFLICT, "Somebody else changed it.", hint="Try again.")
        return known


def _check_depth(depth: int) -> None:
    if depth > DEEPEST:
        raise DaraaError(
            errors.CATEGORY_DEEP,
            f"The tree has at most {DEEPEST + 1} levels.",
            hint="Choose a parent further up.",
            ar=f"للشجرة {DEEPEST + 1} مستويات على الأكثر.",
        )


def _parent_unknown() -> DaraaError:
    return DaraaError(
        errors.CATEGORY_UNFIT, "There is no such parent.", hint="Choose an existing one.", ar="لا يوجد أب كهذا."
    )


def _stored(given: Mapping[str, Any]) -> dict[str, Any]:
    fields = dict(given)
    for name in ("name", "description"):
        if fields.get(name) is not None:
            fields[name] = fields[name].localized()
    if fields.get("attribute_set") is not None:
        fields["attribute_set"] = tuple(
            AttributeRule(
                k=each.k,
                name=each.name.localized(),
                kind=each.kind,
                unit=each.unit,
                choices=tuple(each.choices),
                is_required=each.is_required,
            )
            for each in fields["attribute_set"]
        )
    return fields
