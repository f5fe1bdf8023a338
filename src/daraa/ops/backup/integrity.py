"""Reads what a repository holds of one backup and says what is damaged, missing or does not belong to it."""

import re
from dataclasses import dataclass

from daraa.kernel.errors import DaraaError, register
from daraa.ops.backup.blame import speaks_of_the_copy
from daraa.ops.backup.contents import Contents
from daraa.ops.backup.manifest import ObjectPart

SUBSET_INVALID = register("backup.subset.invalid", status=400, en="The sample is not n/t", ar="العينة ليست على شكل n/t")
MANIFEST_NAME = "manifest.json"
_SAMPLE = re.compile(r"([0-9]{1,9})/([0-9]{1,9})")
_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Subset:
    """The `number`-th of `of` samples, from 1; all of them together are every object."""

    number: int
    of: int

    def takes(self, position: int) -> bool:
        """True for the objects of this sample, by their place among the sorted names."""
        return position % self.of == self.number - 1


WHOLE = Subset(1, 1)


@dataclass(frozen=True, slots=True)
class Integrity:
    """What was found; `read` objects were read whole."""

    findings: tuple[str, ...]
    read: int


def parse_subset(text: str) -> Subset:
    """`3/7`; empty is everything. Raises `backup.subset.invalid`."""
    if not text:
        return WHOLE
    found = _SAMPLE.fullmatch(text)
    if found and 1 <= int(found[1]) <= int(found[2]):
        return Subset(int(found[1]), int(found[2]))
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    raise DaraaError(
        SUBSET_INVALID,
        f"{shown!r} is no sample.",
        hint="Write 3/7: the third of seven samples, one each day of a week.",
    )


async def check_objects(contents: Contents, subset: Subset = WHOLE) -> Integrity:
    """Every object is there with its size, none is there that does not belong, and those of the sample read well.

    A store that cannot be reached, or refuses us, raises: that says nothing about the backup.
    """
    expected = {part.name: part for part in contents.parts()}
    there = {name: size async for name, size in contents.stored()}
    findings = [f"{name}: the object is missing" for name in sorted(set(expected) - set(there))]
    findings += [
        f"{name}: the object does not belong to the backup"
        for name in sorted(set(there) - set(expected) - {MANIFEST_NAME})
    ]
    read = 0
    for position, name in enumerate(sorted(set(expected) & set(there))):
        part = expected[name]
        if there[name] != part.bytes_stored:
            findings.append(f"{name}: {there[name]} bytes are stored, {part.bytes_stored} were written")
        elif subset.takes(position):
            findings += await _read_one(contents, part)
            read += 1
    return Integrity(tuple(findings), read)


async def _read_one(contents: Contents, part: ObjectPart) -> list[str]:
    try:
        await contents.check(part)
    except DaraaError as error:
        if not speaks_of_the_copy(error):
            raise
        return [f"{part.name}: {error.message}"]
    return []
