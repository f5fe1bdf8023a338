"""Decides what each index of one collection needs: nothing, a change in place, a build, a swap, or a word about it."""

import re
from collections.abc import Iterator
from typing import Any

from daraa.declare.collection import Collection
from daraa.derive.indexes import IndexSpec, index_plan
from daraa.ops.schema.live import LiveCollection, LiveIndex, signature, wanted_index
from daraa.ops.schema.steps import BuildIndex, ChangeIndex, DropIndex, Kind, Report, Step


def index_steps(
    collection: Collection[Any], found: LiveCollection | None, text: bool | None, drop: frozenset[str]
) -> Iterator[Step]:
    """The steps for the indexes of one collection; `found` is None when it is not there yet.

    `drop` holds the undeclared indexes (`carts.stray`) whose removal was asked for by name.
    """
    base = {"database": collection.database, "collection": collection.db_name}
    specs = index_plan(collection)
    there = found.indexes if found else ()
    declared = {spec.name for spec in specs}
    strays = [index for index in there if index.name not in declared]
    in_the_way: set[str] = set()
    for spec in specs:
        if spec.needs == "text" and text is False:
            yield _lacking(base, spec)
            continue
        here = found.index(spec.name) if found else None
        blockers = _blockers(spec, here, strays)
        if here is None or blockers:
            in_the_way |= set(blockers)
            yield _build(base, spec, blockers, strays)
        else:
            yield from _in_place(base, spec, here)
    for stray in strays:
        if stray.name not in in_the_way:
            yield _stray_step(base, stray, specs, drop)


def _lacking(base: dict[str, Any], spec: IndexSpec) -> Step:
    return Report(
        kind=Kind.REPORT,
        target=spec.name,
        why="unknown: this server has no text indexes; searches use the folded words instead",
        pending=False,
        **base,
    )


def _blockers(spec: IndexSpec, here: LiveIndex | None, strays: list[LiveIndex]) -> tuple[str, ...]:
    """The indexes without whose removal the server refuses the build: same name, or the same index by another name."""
    wanted = wanted_index(spec)
    if here is not None:
        same = here.fixed == wanted.fixed and not (here.expire_after_s is not None and wanted.expire_after_s is None)
        return () if same else (here.name,)
    return tuple(stray.name for stray in strays if signature(stray) == signature(wanted))


def _build(base: dict[str, Any], spec: IndexSpec, blockers: tuple[str, ...], strays: list[LiveIndex]) -> Step:
    older = [stray.name for stray in strays if _version_of(stray.name, spec) and stray.name not in blockers]
    if blockers:
        why = f"serves {spec.serves}; replaces {', '.join(blockers)}, which the server takes for the same index"
    elif older:
        why = f"serves {spec.serves}; replaces {', '.join(older)} once it stands"
    else:
        why = f"serves {spec.serves}"
    kind = Kind.SWAP if blockers or older else Kind.CREATE
    return BuildIndex(kind=kind, target=spec.name, why=why, spec=spec, drop_first=blockers, **base)


def _in_place(base: dict[str, Any], spec: IndexSpec, here: LiveIndex) -> Iterator[Step]:
    changes: dict[str, Any] = {}
    reasons = []
    seconds = wanted_index(spec).expire_after_s
    if seconds != here.expire_after_s:
        changes["expireAfterSeconds"] = seconds
        reasons.append(f"expires after {here.expire_after_s} s instead of {seconds} s")
    if here.hidden:
        changes["hidden"] = False
        reasons.append("is hidden from the planner")
    if changes:
        why = " and ".join(reasons)
        yield ChangeIndex(kind=Kind.IN_PLACE, target=spec.name, why=why, changes=changes, **base)


def _stray_step(base: dict[str, Any], stray: LiveIndex, specs: tuple[IndexSpec, ...], drop: frozenset[str]) -> Step:
    newer = next((spec for spec in specs if _version_of(stray.name, spec)), None)
    if newer is not None:
        why = f"replaced by {newer.name}"
        return DropIndex(kind=Kind.SWAP, target=stray.name, why=why, after=newer.name, **base)
    if f"{base['collection']}.{stray.name}" in drop:
        why = "undeclared; its removal was asked for by name"
        return DropIndex(kind=Kind.DESTRUCTIVE, target=stray.name, why=why, **base)
    keys = ", ".join(f"{path} {direction}" for path, direction in stray.fixed["keys"])
    why = f"undeclared index ({keys or 'text'}); left alone: apply --drop {base['collection']}.{stray.name} removes it"
    return Report(kind=Kind.REPORT, target=stray.name, why=why, **base)


def _version_of(name: str, spec: IndexSpec) -> bool:
    """True when `name` is another version of the index that serves the same query (see declare/indexes.py)."""
    slug = spec.name.rsplit("__", 1)[0]
    return name != spec.name and re.fullmatch(re.escape(slug) + r"__[0-9a-f]{6}", name) is not None
