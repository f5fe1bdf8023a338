"""What the demo load and `schema apply` take: documents a second and peak memory, which must not grow with the data."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pymongo.database import Database

from bench.place import Cost, Place, place
from daraa.declare.collection import Database as Part

FLAT_MB = 50.0


@dataclass(frozen=True)
class Row:
    """One size: documents standing, what loading them took, what putting every validator back over them took."""

    products: int
    documents: int
    load: Cost
    apply: Cost


def bench(sizes: Sequence[int]) -> None:
    """Print the table for these numbers of products, each in a fresh place."""
    rows = []
    for products in sizes:
        with place() as at:
            rows.append(_bench_size(at, products))
            kind = at.kind
    print(f"server: {kind}; each size in a fresh database; memory is the child's peak resident set")
    print("| products | documents | load docs/s | load peak MB | schema apply docs/s | schema apply peak MB |")
    print("|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        load, apply = row.documents / row.load.wall_s, row.documents / row.apply.wall_s
        print(
            f"| {row.products:,} | {row.documents:,} | {load:,.0f} | {row.load.peak_mb:.0f} "
            f"| {apply:,.0f} | {row.apply.peak_mb:.0f} |"
        )
    for name in ("load", "apply"):
        peaks = [getattr(row, name).peak_mb for row in rows]
        grown = peaks[-1] - peaks[0]
        verdict = "flat" if grown <= FLAT_MB else f"more than {FLAT_MB:.0f} MB"
        print(f"{name}: peak memory grew by {grown:.0f} MB from {rows[0].documents:,} documents ({verdict})")


def _bench_size(at: Place, products: int) -> Row:
    loaded = at.run(["demo", "load", "--products", str(products), "--json"])
    json.loads(loaded.output.strip().splitlines()[-1])
    databases = [at.database().client[at.settings.mongo.database + part.value] for part in Part]
    documents = sum(_count(database) for database in databases)
    for database in databases:
        for name in database.list_collection_names():
            database.command({"collMod": name, "validator": {}, "validationLevel": "off"})
            # A stand-in does not finish an index over many documents that are there already: docs/stand-ins.md.
            if at.kind == "mongod":
                database[name].drop_indexes()
    return Row(products, documents, loaded, at.run(["schema", "apply"]))


def _count(database: Database[dict[str, Any]]) -> int:
    return sum(database[name].estimated_document_count() for name in database.list_collection_names())
