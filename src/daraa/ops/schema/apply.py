"""Carries a schema plan out, one step at a time; may be killed between any two commands and run again."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from daraa.kernel.errors import DaraaError
from daraa.kernel.time import Clock
from daraa.ops.schema.changes import run_change
from daraa.ops.schema.errors import DUPLICATES, NO_SUCH_INDEX, NOT_DONE
from daraa.ops.schema.live import Live, index_from, wanted_index
from daraa.ops.schema.observe import observe
from daraa.ops.schema.plan import executable, plan_schema
from daraa.ops.schema.steps import (
    BuildIndex,
    ChangeIndex,
    CreateCollection,
    DropIndex,
    Kind,
    RecordState,
    RenameCollection,
    RunChange,
    SetValidator,
    Step,
    Wanted,
)
from daraa.ops.schema.validators import Misfits, put_validator, read_back_validator
from daraa.stores.mongo import schema_commands as commands
from daraa.stores.mongo.capabilities import Capabilities
from daraa.stores.mongo.client import Mongo
from daraa.stores.mongo.errors import DUPLICATE
from daraa.stores.mongo.probe import probe
from daraa.stores.mongo.schema_state import read_capabilities, write_applied

Say = Callable[[str], None]
ROUNDS = 2
"""The second round enforces the validators whose misfits a data change of the first round has mended."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What an apply did. `left` are the steps that stay pending for a person; `misfits` keep validators at warn."""

    done: tuple[Step, ...]
    left: tuple[Step, ...]
    misfits: tuple[Misfits, ...]
    capabilities: Capabilities

    @property
    def complete(self) -> bool:
        """True when nothing that apply may do is left; reported strays do not count."""
        return not executable(self.left)


@dataclass(frozen=True, slots=True)
class _Run:
    mongo: Mongo
    say: Say
    clock: Clock
    capabilities: Capabilities
    only_warn: bool
    applied_by: str


async def apply_schema(
    mongo: Mongo, wanted: Wanted, say: Say, clock: Clock, *, only_warn: bool = False, applied_by: str = "schema apply"
) -> Applied:
    """Bring the database to what is wanted and read the result back.

    Undeclared indexes and collections are left alone unless `wanted.drop` names them. Raises `schema.drop.unknown`
    for a name that is no undeclared index, before anything is changed; `schema.index.duplicates` when documents
    prevent a unique index; `schema.step.not_done` when the server confirmed something that it did not do.
    """
    live = await observe(mongo)
    refuse_unknown_drops(wanted, live)
    capabilities = await _capabilities(mongo, live, say)
    run = _Run(mongo, say, clock, capabilities, only_warn, applied_by)
    done: list[Step] = []
    misfits: dict[str, Misfits] = {}
    for _ in range(ROUNDS):
        todo = executable(plan_schema(wanted, live, capabilities.text))
        if not todo:
            break
        misfits = {found.collection: found for found in await _execute(run, todo)}
        done += todo
        live = await observe(mongo)
        if not any(isinstance(step, RunChange) for step in todo):
            break
    left = plan_schema(wanted, live, capabilities.text)
    _read_back(left, misfits, only_warn=only_warn)
    return Applied(tuple(done), left, tuple(misfits.values()), capabilities)


def refuse_unknown_drops(wanted: Wanted, live: Live) -> None:
    """Raise unless each name to drop is an index that is there and undeclared."""
    there = {
        f"{collection.name}.{index.name}" for collection in live.collections.values() for index in collection.indexes
    }
    declared = {f"{each.db_name}.{index.name}" for each in wanted.collections for index in each.all_indexes}
    ours = {each.db_name for each in wanted.collections}
    for name in sorted(wanted.drop):
        if name in declared:
            problem = "is declared: take it out of its collection's file instead"
        elif name not in there or name.split(".")[0] not in ours:
            problem = "is not there"
        else:
            continue
        raise DaraaError(
            NO_SUCH_INDEX,
            f"The index {name} {problem}.",
            hint="`daraa schema plan` names the undeclared indexes, written as collection.index.",
        )


async def _capabilities(mongo: Mongo, live: Live, say: Say) -> Capabilities:
    if live.recorded.server and live.recorded.server == live.server:
        return await read_capabilities(mongo)
    say("Trying what this server can do.")
    return await probe(mongo)


async def _execute(run: _Run, steps: Sequence[Step]) -> list[Misfits]:
    misfits = []
    number = 0
    for group in _grouped(steps):
        number += len(group)
        what = f"{group[0].name}: {group[0].why}" if len(group) == 1 else f"{group[0].collection}: {len(group)} indexes"
        run.say(f"[{number}/{len(steps)}] {group[0].kind}: {what}")
        if isinstance(group[0], SetValidator):
            found = await put_validator(run.mongo, group[0], run.say, only_warn=run.only_warn)
            misfits += [found] if found else []
        else:
            await _execute_group(run, group)
    return misfits


def _grouped(steps: Iterable[Step]) -> list[list[Step]]:
    """Plain builds on one collection go together: the server then reads the documents once for all of them."""

    def key(step: Step) -> object:
        together = isinstance(step, BuildIndex) and not step.drop_first
        return (step.database, step.collection) if together else id(step)

    return [list(group) for _, group in groupby(steps, key)]


async def _execute_group(run: _Run, group: list[Step]) -> None:
    step = group[0]
    match step:
        case RenameCollection():
            await commands.rename_collection(run.mongo, step.database, step.old, step.collection)
        case CreateCollection():
            action = "warn" if run.only_warn else "error"
            await commands.create_collection(run.mongo, step.database, step.collection, dict(step.validator), action)
            await read_back_validator(run.mongo, step.database, step.collection, step.validator, action)
        case ChangeIndex():
            await commands.change_index(run.mongo, step.database, step.collection, step.target, step.changes)
        case BuildIndex():
            await _build(run.mongo, [each for each in group if isinstance(each, BuildIndex)])
        case RunChange():
            await run_change(run.mongo, step.change, run.say, run.clock, run.applied_by)
        case DropIndex():
            await _drop(run.mongo, step)
        case RecordState():
            await write_applied(run.mongo, step.fingerprint, run.capabilities, run.applied_by, run.clock.now())
        case _:
            raise TypeError(f"{step} is not executable")


async def _build(mongo: Mongo, steps: list[BuildIndex]) -> None:
    part, name = steps[0].database, steps[0].collection
    for step in steps:
        for blocker in step.drop_first:
            await commands.drop_index(mongo, part, name, blocker)
    try:
        await commands.build_indexes(mongo, part, name, [step.spec.as_command() for step in steps])
    except DaraaError as error:
        if error.code != DUPLICATE:
            raise
        raise DaraaError(
            DUPLICATES,
            f"{name}: a unique index on ({error.details.get('index') or 'its keys'}) cannot be built: "
            "two documents have the same values.",
            hint="Find and mend them, then run apply again; nothing of this collection's builds was kept.",
        ) from error
    there = {index.name: index for index in map(index_from, await commands.list_indexes(mongo, part, name))}
    for step in steps:
        wanted = wanted_index(step.spec)
        if wanted.name not in there or there[wanted.name].fixed != wanted.fixed:
            raise _not_done(step)


async def _drop(mongo: Mongo, step: DropIndex) -> None:
    if step.after:
        there = {raw["name"] for raw in await commands.list_indexes(mongo, step.database, step.collection)}
        if step.after not in there:
            raise _not_done(step)
    await commands.drop_index(mongo, step.database, step.collection, step.target)


def _read_back(left: tuple[Step, ...], misfits: dict[str, Misfits], *, only_warn: bool) -> None:
    """What was done must be gone from a fresh plan: `ok: 1` proves nothing."""
    for step in executable(left):
        expected = isinstance(step, SetValidator) and (only_warn or step.collection in misfits)
        if not expected and step.kind is not Kind.DESTRUCTIVE:
            raise _not_done(step)


def _not_done(step: Step) -> DaraaError:
    return DaraaError(
        NOT_DONE,
        f"{step.kind}: {step.name}: the server confirmed it, but it is not so when read back.",
        hint="Was something else changing the schema at the same time? Run `daraa schema plan` to see what is left.",
    )
