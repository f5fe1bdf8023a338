"""Decides, without touching anything, which named steps bring the live database to what is declared."""

from collections.abc import Iterator
from typing import Any

from daraa.declare.collection import Collection, Database
from daraa.declare.retention import Archive
from daraa.derive.roles import PROBE_COLLECTION
from daraa.derive.validators import json_schema
from daraa.ops.schema.index_steps import index_steps
from daraa.ops.schema.live import Live, LiveCollection, Place, plain
from daraa.ops.schema.steps import (
    BuildIndex,
    ChangeIndex,
    CreateCollection,
    DropIndex,
    Kind,
    RecordState,
    RenameCollection,
    Report,
    RunChange,
    SetValidator,
    Step,
    Wanted,
)

_ORDER: tuple[type[Step], ...] = (
    # Expand first, then change the data, then contract; the record last, because it vouches for all before it.
    RenameCollection,
    CreateCollection,
    ChangeIndex,
    BuildIndex,
    SetValidator,
    RunChange,
    DropIndex,
    RecordState,
    Report,
)
STATE_COLLECTION = "schemaStates"


def plan_schema(wanted: Wanted, live: Live, text: bool | None) -> tuple[Step, ...]:
    """Every step in the order of execution. `text` says whether the server has text indexes; None when unknown."""
    steps: list[Step] = []
    accounted: set[Place] = {(Database.MAIN, PROBE_COLLECTION)}
    for collection in wanted.collections:
        place = (collection.database, collection.db_name)
        found, renamed = _find(collection, live)
        accounted |= {place, *((collection.database, name) for name in collection.was)}
        steps += renamed
        if found is None:
            steps.append(_create(collection))
        else:
            steps += _validator_step(collection, found)
        steps += index_steps(collection, found, text, wanted.drop)
        steps += _member_reports(collection, live)
    steps += _strays(wanted, live, accounted)
    steps += [_change_step(change) for change in wanted.changes if change.id not in live.recorded.changes_done]
    steps += _record(wanted, live)
    return tuple(sorted(steps, key=lambda step: _ORDER.index(type(step))))


def pending(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps that make plan exit with 2: everything but abilities that the server lacks."""
    return tuple(step for step in steps if step.pending)


def executable(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps that apply would carry out."""
    return tuple(step for step in steps if step.kind is not Kind.REPORT)


def _find(collection: Collection[Any], live: Live) -> tuple[LiveCollection | None, list[Step]]:
    found = live.collections.get((collection.database, collection.db_name))
    old = next((name for name in collection.was if (collection.database, name) in live.collections), None)
    if old is None:
        return found, []
    base: dict[str, Any] = {"database": collection.database, "collection": collection.db_name}
    if found is not None:
        why = f"both {old} (its former name) and {collection.db_name} exist: merge them by hand, then drop {old}"
        return found, [Report(kind=Kind.REPORT, why=why, **base)]
    why = f"{old} is its former name"
    rename = RenameCollection(kind=Kind.RENAME, why=why, old=old, **base)
    return live.collections[(collection.database, old)], [rename]


def _create(collection: Collection[Any]) -> Step:
    return CreateCollection(
        kind=Kind.CREATE,
        database=collection.database,
        collection=collection.db_name,
        why="it is declared and not there",
        validator=json_schema(collection),
    )


def _validator_step(collection: Collection[Any], found: LiveCollection) -> Iterator[Step]:
    validator = json_schema(collection)
    if plain(validator) != found.validator:
        why = "its validator differs" if found.validator else "it has no validator"
    elif (found.action, found.level) != ("error", "strict"):
        why = f"its validator is not enforced (action {found.action}, level {found.level})"
    else:
        return
    yield SetValidator(
        kind=Kind.IN_PLACE,
        database=collection.database,
        collection=collection.db_name,
        why=why,
        validator=validator,
    )


def _member_reports(collection: Collection[Any], live: Live) -> Iterator[Step]:
    place = (collection.database, collection.db_name)
    here = live.collections.get(place)
    for member, places in live.members.items():
        there = {index.name for index in places.get(place, ())}
        missing = sorted({index.name for index in here.indexes} - there) if here else []
        if missing:
            yield Report(
                kind=Kind.REPORT,
                database=collection.database,
                collection=collection.db_name,
                why=f"member {member} lacks {', '.join(missing)}: a build may still be running there",
            )


def _strays(wanted: Wanted, live: Live, accounted: set[Place]) -> Iterator[Step]:
    archived = {each.db_name for each in wanted.collections if isinstance(each.retention, Archive)}
    for (database, name), _ in sorted(live.collections.items(), key=lambda item: (item[0][0].value, item[0][1])):
        if (database, name) in accounted or (database is Database.ARCHIVE and name in archived):
            continue
        why = "undeclared collection; left alone"
        yield Report(kind=Kind.REPORT, database=database, collection=name, why=why)


def _change_step(change: Any) -> Step:
    return RunChange(
        kind=Kind.DATA,
        database=change.collection.database,
        collection=change.collection.db_name,
        target=change.id,
        why=change.purpose,
        change=change,
    )


def _record(wanted: Wanted, live: Live) -> Iterator[Step]:
    recorded = live.recorded
    if recorded.fingerprint == wanted.fingerprint and recorded.server == live.server:
        return
    why = (
        f"the server was {recorded.server or 'never looked at'}, now it is {live.server}"
        if recorded.fingerprint == wanted.fingerprint
        else f"recorded fingerprint {recorded.fingerprint or 'none'}, declared {wanted.fingerprint}"
    )
    yield RecordState(
        kind=Kind.IN_PLACE,
        database=Database.MAIN,
        collection=STATE_COLLECTION,
        why=why,
        fingerprint=wanted.fingerprint,
    )
