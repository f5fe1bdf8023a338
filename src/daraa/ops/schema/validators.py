"""Puts a validator in force: counts the documents that do not fit first, and only warns while there are any."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from daraa.declare.collection import Database
from daraa.kernel.errors import DaraaError
from daraa.ops.schema.errors import NOT_DONE
from daraa.ops.schema.live import plain
from daraa.ops.schema.steps import SetValidator
from daraa.stores.mongo import schema_commands as commands
from daraa.stores.mongo.client import Mongo

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Misfits:
    """How many documents of a collection its validator would refuse, and the id of one of them."""

    collection: str
    count: int
    example: str

    def __str__(self) -> str:
        return f"{self.collection}: {self.count:,} documents do not fit its validator, e.g. {self.example}"


async def put_validator(mongo: Mongo, step: SetValidator, say: Say, *, only_warn: bool) -> Misfits | None:
    """Set the validator to `error` when every document fits, else to `warn`, and say which do not."""
    found = await count_misfits(mongo, step.database, step.collection, step.validator, say)
    action = "warn" if found or only_warn else "error"
    await commands.set_validator(mongo, step.database, step.collection, dict(step.validator), action)
    await read_back_validator(mongo, step.database, step.collection, step.validator, action)
    if found:
        say(f"    {found}: it warns until they are mended")
    return found


async def count_misfits(
    mongo: Mongo, part: Database, name: str, validator: Mapping[str, Any], say: Say
) -> Misfits | None:
    """The documents that do not fit, or None; says how far it is after each window."""
    total = await commands.estimated_size(mongo, part, name)
    misfits, example = 0, None
    async for counted in commands.count_misfits(mongo, part, name, dict(validator)):
        misfits, example = counted.misfits, counted.example
        if counted.looked_at:
            say(f"    {name}: {counted.looked_at:,} of about {total:,} documents checked, {misfits:,} do not fit")
    return Misfits(name, misfits, str(example)) if misfits else None


async def read_back_validator(
    mongo: Mongo, part: Database, name: str, validator: Mapping[str, Any], action: str
) -> None:
    """Raise `schema.step.not_done` unless the collection has exactly this validator at this action."""
    for raw in await commands.list_collections(mongo, part, name):
        options = raw.get("options", {})
        if plain(options.get("validator")) == plain(validator) and options.get("validationAction", "error") == action:
            return
    raise DaraaError(
        NOT_DONE,
        f"{name}: the server confirmed its validator, but does not have it when read back.",
        hint="Was something else changing the schema at the same time? Run `daraa schema plan` to see what is left.",
    )
