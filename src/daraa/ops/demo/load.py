"""Loads demo data in chunks that may be cut off anywhere: every document is decided by seed, size and day, so what
is there already is skipped and what is missing is added until the end state is the same.

Runs as the `app` account, which may insert everything that demo data consists of.
"""

import asyncio
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

from daraa.collections import by_name
from daraa.collections.accounts import ACCOUNTS
from daraa.collections.demo_loads import DEMO_LOADS, ONLY, DemoLoad
from daraa.declare import Query, eq
from daraa.declare.document import stamp
from daraa.kernel.errors import DaraaError
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.ops.demo.block import build_cell
from daraa.ops.demo.chance import Source
from daraa.ops.demo.errors import NOT_EMPTY, OTHER_LOAD, WORDS_INVALID
from daraa.ops.demo.foundation import Foundation, lay_foundation
from daraa.ops.demo.rows import Row, Rows
from daraa.ops.demo.scale import CELL_PRODUCTS, MOST_PRODUCTS, Cell, cell_count, cells
from daraa.stores.mongo import Mongo, Table

CHUNK_CELLS = 6
"""Cells written between two notes of progress: about 900 products and 10,000 documents, some 20 MB."""
BATCH = 1000
AT_ONCE = 4
"""Batches on their way at a time, so that the server works while the next one is encoded."""
DEFAULT_PRODUCTS, DEFAULT_SEED = 3000, 1

DEMO_LOAD = Query(DEMO_LOADS, name="of_this_database", serves="by id", where=(eq("id"),))
ANY_ACCOUNT = Query(ACCOUNTS, name="any", serves="by id")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to load. `today` is the UTC midnight that the data takes for today; None means the first load's, or now."""

    products: int = DEFAULT_PRODUCTS
    seed: int = DEFAULT_SEED
    today: datetime | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a load is: products done of all, documents handled in this run, seconds since it began."""

    products: int
    of_products: int
    documents: int
    seconds: float

    @property
    def per_second(self) -> float:
        """Documents a second in this run."""
        return self.documents / self.seconds if self.seconds else 0.0


@dataclass(slots=True)
class Loaded:
    """What a run came to. `added` counts the new documents of each collection; memory is the process's peak."""

    products: int
    seed: int
    today: datetime
    added: Counter[str] = field(default_factory=Counter)
    handled: int = 0
    seconds: float = 0.0
    peak_memory_mb: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "products": self.products,
            "seed": self.seed,
            "today": self.today.date().isoformat(),
            "added": self.added.total(),
            "added_by_collection": dict(sorted(self.added.items())),
            "documents_handled": self.handled,
            "seconds": round(self.seconds, 2),
            "documents_per_second": round(self.handled / self.seconds) if self.seconds else 0,
            "peak_memory_mb": round(self.peak_memory_mb, 1),
        }


Tell: TypeAlias = Callable[[Progress], None]


async def load(mongo: Mongo, wanted: Wanted, tell: Tell, *, clock: Clock = SYSTEM_CLOCK) -> Loaded:
    """Load the demo data, or the rest of an interrupted load; does nothing when all of it is there.

    DaraaError, with nothing changed, when the size or seed makes no sense, when the database holds another load, or
    real accounts.
    """
    check_wanted(wanted)
    began = time.monotonic()
    table = Table(DEMO_LOADS, mongo)
    noted = await _note_start(mongo, table, wanted, clock)
    result = Loaded(noted.size, noted.seed, noted.reference_at)
    if not noted.is_done:
        source = Source(noted.seed, noted.reference_at)
        writer = _Writer(mongo, result)
        base = lay_foundation(source, noted.size)
        if not noted.position:
            await writer.write(base.rows)
        for done, rows in _chunks(base, noted):
            await writer.write(rows)
            change = {"$max": {"position": done}, "$set": {"updated_at": clock.now()}}
            await table.update_one({"id": ONLY}, change)
            seconds = time.monotonic() - began
            tell(Progress(min(noted.size, done * CELL_PRODUCTS), noted.size, result.handled, seconds))
        now = clock.now()
        await table.update_one({"id": ONLY}, {"$set": {"is_done": True, "finished_at": now, "updated_at": now}})
    result.seconds = time.monotonic() - began
    result.peak_memory_mb = peak_memory_mb()
    return result


def peak_memory_mb() -> float:
    """The most memory this program ever held, in megabytes."""
    status = Path("/proc/self/status")
    if status.exists():  # the kernel's rusage would count what the process was before it became this program
        found = re.search(r"^VmHWM:\s+(\d+) kB", status.read_text(), re.MULTILINE)
        assert found is not None, "the kernel tells it of every process with memory"
        return int(found[1]) * 1024 / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def check_wanted(wanted: Wanted) -> None:
    """DaraaError when the size or the seed makes no sense."""
    if not 0 < wanted.products <= MOST_PRODUCTS:
        raise DaraaError(
            WORDS_INVALID,
            f"{wanted.products:,} products cannot be loaded.",
            hint=f"Give a number from 1 to {MOST_PRODUCTS:,}.",
        )
    if not 0 <= wanted.seed < 2**63:
        raise DaraaError(WORDS_INVALID, f"{wanted.seed} is no seed.", hint="Give a whole number that is not negative.")


async def _note_start(mongo: Mongo, table: Table[DemoLoad], wanted: Wanted, clock: Clock) -> DemoLoad:
    noted = await table.find_one(DEMO_LOAD, id=ONLY)
    if noted is None:
        if await Table(ACCOUNTS, mongo).find_raw(ANY_ACCOUNT, limit=1):
            raise DaraaError(
                NOT_EMPTY,
                "Demo data goes into an empty platform only; this database has accounts that are no demo data.",
                hint="Point DARAA_MONGO_DATABASE to another name, or use a fresh DARAA_HOME.",
            )
        now = clock.now()
        midnight = (wanted.today or now).replace(hour=0, minute=0, second=0, microsecond=0)
        noted = DemoLoad(id=ONLY, seed=wanted.seed, size=wanted.products, reference_at=midnight, **stamp(now))
        await table.insert(noted)
    if (noted.size, noted.seed) != (wanted.products, wanted.seed) or wanted.today not in (None, noted.reference_at):
        raise DaraaError(
            OTHER_LOAD,
            f"This database holds the demo load of {noted.size:,} products with seed {noted.seed} "
            f"and {noted.reference_at:%Y-%m-%d} as today; another one cannot be laid over it.",
            hint="Repeat it with the same words to complete it, or load into another database.",
        )
    return noted


def _chunks(base: Foundation, noted: DemoLoad) -> Iterator[tuple[int, Rows]]:
    """The documents still to be written, some cells at a time, each with the number of cells done by then."""
    left: Iterator[Cell] = islice(cells(noted.size), noted.position, None)
    done = noted.position
    while chunk := tuple(islice(left, CHUNK_CELLS)):
        rows = Rows()
        for cell in chunk:
            rows.take(build_cell(base, cell))
        done += len(chunk)
        yield done, rows
    assert done == cell_count(noted.size)


class _Writer:
    """Writes documents in unordered batches, a few of them at a time."""

    def __init__(self, mongo: Mongo, result: Loaded) -> None:
        self._mongo = mongo
        self._result = result

    async def write(self, rows: Rows) -> None:
        """Add what is not there yet and count it."""
        waiting: set[asyncio.Task[None]] = set()
        for name, documents in rows.items():
            table = Table(by_name(name), self._mongo)
            for start in range(0, len(documents), BATCH):
                if len(waiting) >= AT_ONCE:
                    done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                    for task in done:
                        task.result()
                batch = documents[start : start + BATCH]
                waiting.add(asyncio.create_task(self._insert(table, name, batch)))
        await asyncio.gather(*waiting)

    async def _insert(self, table: Table[Any], name: str, batch: list[Row]) -> None:
        added = await table.insert_new(batch)
        self._result.added[name] += added
        self._result.handled += len(batch)
