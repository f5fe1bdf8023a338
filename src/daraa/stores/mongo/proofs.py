"""Runs the continuous proofs: streams the rows, compares two sorted sides, keeps nothing but the first violations."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any

from daraa.declare.proof import Proof, Rows
from daraa.kernel.checks import Check, CheckState
from daraa.kernel.errors import DaraaError
from daraa.stores.mongo.client import Mongo, Raw
from daraa.stores.mongo.errors import DENIED, translated

BATCH = 1000
HINT = "Pause payouts until it is explained; money is corrected by reversing journals, never by editing."


@dataclass(frozen=True, slots=True)
class Violation:
    """A document for which a proof does not hold: its id and what each side says (None: that side has no such row)."""

    id: Any
    found: Raw | None
    expected: Raw | None = None


async def violations(mongo: Mongo, proof: Proof) -> AsyncIterator[Violation]:
    """Everything that contradicts the proof, in one pass with one row of each side in memory.

    DaraaError when the database fails. Not a snapshot: while others write, a violation counts only if it is still
    there on the next run.
    """
    found = _rows(mongo, proof.finds)
    if proof.against is None:
        async for row in found:
            yield Violation(row["_id"], row)
        return
    expected = _rows(mongo, proof.against)
    left, right = await anext(found, None), await anext(expected, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left["_id"] < right["_id"]):
            assert left is not None
            yield Violation(left["_id"], left)
            left = await anext(found, None)
        elif left is None or right["_id"] < left["_id"]:
            yield Violation(right["_id"], None, right)
            right = await anext(expected, None)
        else:
            if left != right:
                yield Violation(left["_id"], left, right)
            left, right = await anext(found, None), await anext(expected, None)


def name_of(proof: Proof) -> str:
    """The name of its check."""
    return f"proof.{proof.name}"


async def prove(mongo: Mongo, proofs: Iterable[Proof], *, show: int = 3, raising: bool = False) -> list[Check]:
    """Run every proof to its end; a failed one counts its violations and names the ids of the first `show`.

    One that could not run is unknown. With `raising`, a database that is away, slow or refuses us comes out as its
    DaraaError instead: that says nothing about the rows.
    """
    return [await _prove_one(mongo, proof, show, raising) for proof in proofs]


async def _prove_one(mongo: Mongo, proof: Proof, show: int, raising: bool) -> Check:
    name, count = name_of(proof), 0
    first: list[str] = []
    try:
        async for violation in violations(mongo, proof):
            count += 1
            if len(first) < show:
                first.append(str(violation.id))
    except DaraaError as error:
        if raising and (error.retryable or error.code == DENIED):
            raise
        return Check(name, CheckState.UNKNOWN, f"could not run: {error.message}", error.hint)
    if not count:
        return Check(name, CheckState.OK, f"0 violations: {proof.purpose}")
    evidence = f"{count} violations of: {proof.purpose} First: {', '.join(first)}."
    return Check(name, CheckState.FAIL, evidence, HINT)


async def _rows(mongo: Mongo, side: Rows) -> AsyncIterator[Raw]:
    collection = mongo.collection(side.collection)
    with translated(f"prove {side.collection.name}"):
        pipeline = [dict(stage) for stage in side.pipeline]
        async with await collection.aggregate(pipeline, allowDiskUse=True, batchSize=BATCH) as cursor:
            async for row in cursor:
                yield row
