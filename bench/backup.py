"""What taking and restoring cost beside plain reading of the same bytes from the wire, and beside MongoDB's tools."""

import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.place import Cost, Place, place
from daraa.declare.access import ADMIN
from daraa.declare.collection import Database as Part
from daraa.ops.backup.chunks import ChunkBuilder, Sealer
from daraa.ops.backup.content_hash import ContentHash

RUNS = 3
LARGE = 100_000
"""From this many products on one run is enough: it lasts long."""
SAMPLE_BYTES = 128_000_000

READ = """
import json, sys, time
from concurrent.futures import ThreadPoolExecutor
import pymongo
words = json.load(sys.stdin)
client = pymongo.MongoClient(words["url"], username=words["user"], password=words["password"], authSource="admin")

def read(place):
    database, name, batch = place
    return sum(len(found) for found in client[database][name].find_raw_batches({}, sort=[("_id", 1)], batch_size=batch))

client.admin.command("ping")
began = time.perf_counter()
with ThreadPoolExecutor(words["parallel"]) as pool:
    read_bytes = sum(pool.map(read, words["places"]))
print(json.dumps({"bytes": read_bytes, "seconds": time.perf_counter() - began}))
"""


@dataclass(frozen=True)
class Row:
    """One size: bytes as in the database and as stored, rates in MB/s (medians of alternated runs), peak memory."""

    products: int
    megabytes: float
    stored: float
    read: float
    copy: float
    take: float
    command: float
    peak_mb: float
    restore: float
    restore_peak_mb: float
    tools: str
    shares: str


def bench(sizes: Sequence[int]) -> None:
    """Print the table for these numbers of products, each in a fresh place."""
    rows, kind = [], ""
    for products in sizes:
        with place() as at:
            at.run(["demo", "load", "--products", str(products), "--json"])
            at.run(["backup", "key", "create"])
            rows.append(_bench_size(at, products))
            kind = at.kind
    print(f"server: {kind}; folder repository; medians of {RUNS} alternated runs, one from {LARGE:,} products on")
    print(
        "| products | MB | stored MB | wire MB/s | copy MB/s | copy/wire | take MB/s | take/wire | command MB/s "
        "| take peak MB | restore MB/s | restore peak MB | mongodump, mongorestore MB/s |"
    )
    print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        print(
            f"| {row.products:,} | {row.megabytes:.0f} | {row.stored:.0f} | {row.read:.0f} | {row.copy:.0f} "
            f"| {row.copy / row.read:.2f} | {row.take:.0f} | {row.take / row.read:.2f} | {row.command:.0f} "
            f"| {row.peak_mb:.0f} | {row.restore:.0f} | {row.restore_peak_mb:.0f} | {row.tools} |"
        )
    for row in rows:
        print(f"{row.products:,} products, CPU of one core for each part: {row.shares}")


def _bench_size(at: Place, products: int) -> Row:
    places = _places(at)
    reads, copies, takes, commands, peaks = [], [], [], [], []
    result: dict[str, float] = {}
    for _ in range(1 if products >= LARGE else RUNS):
        read = _read(at, places)
        reads.append(read["bytes"] / read["seconds"] / 1e6)
        cost: Cost = at.run(["backup", "take", "--json"])
        events = [json.loads(line) for line in cost.output.strip().splitlines()]
        result = events[-1]
        when = {each["event"]: each["seconds"] for each in events}
        copies.append(result["bytes_plain"] / (when["copied"] - when["started"]) / 1e6)
        takes.append(result["bytes_plain"] / result["seconds"] / 1e6)
        commands.append(result["bytes_plain"] / cost.wall_s / 1e6)
        peaks.append(cost.peak_mb)
    plain, stored = result["bytes_plain"] / 1e6, result["bytes_stored"] / 1e6
    middle = statistics.median
    restore, restore_peak = _restore(at)
    return Row(
        products,
        plain,
        stored,
        middle(reads),
        middle(copies),
        middle(takes),
        middle(commands),
        max(peaks),
        restore,
        restore_peak,
        _tools(at, plain),
        _shares(at, places),
    )


def _restore(at: Place) -> tuple[float, float]:
    """MB/s and peak of bringing the newest copy back beside the original, with all indexes."""
    target = f"{at.settings.mongo.database}_back"
    cost = at.run(["backup", "restore", "latest", "--into", target, "--json"])
    restored = json.loads(cost.output.strip().splitlines()[-1])
    client = at.database().client
    for part in Part:
        client.drop_database(target + part.value)
    return restored["bytes"] / restored["seconds"] / 1e6, cost.peak_mb


def _tools(at: Place, megabytes: float) -> str:
    """The same by mongodump and mongorestore (of the main database, zipped), where they are on PATH."""
    if not (shutil.which("mongodump") and shutil.which("mongorestore")):
        return "not on PATH"
    name = at.settings.mongo.database
    with tempfile.TemporaryDirectory(prefix="daraa-bench-") as folder:
        secret = Path(folder) / "password"
        secret.touch(0o600)
        secret.write_text(f"password: {at.admin_password}\n")
        shared = ["--config", str(secret), "--uri", at.settings.mongo.url, "--username", ADMIN, "--quiet", "--gzip"]
        shared += ["--authenticationDatabase", "admin", f"--archive={Path(folder) / 'dump'}"]
        rates = []
        for words in (
            ["mongodump", *shared],
            ["mongorestore", *shared, "--nsInclude", f"{name}.*", "--nsFrom", f"{name}.*", "--nsTo", f"{name}_back.*"],
        ):
            began = time.perf_counter()
            subprocess.run(words, check=True, capture_output=True)
            rates.append(f"{megabytes / (time.perf_counter() - began):.0f}")
        at.database().client.drop_database(f"{name}_back")
    return ", ".join(rates)


def _places(at: Place) -> list[tuple[str, str, int]]:
    """Every collection with the batch that a take would ask for, the largest first."""
    client, found = at.database().client, []
    for part in Part:
        database = client[at.settings.mongo.database + part.value]
        for name in database.list_collection_names():
            stats = database.command("collStats", name)
            average = stats["size"] / stats["count"] if stats.get("count") else 1024
            found.append((stats["size"], (database.name, name, max(1, int(4 * 2**20 / max(average, 1))))))
    return [each for _, each in sorted(found, reverse=True)]


def _read(at: Place, places: list[tuple[str, str, int]]) -> dict[str, float]:
    """Plain reading in a process of its own that does nothing else."""
    words = {
        "url": at.settings.mongo.url,
        "user": ADMIN,
        "password": at.admin_password,
        "parallel": at.settings.backup.parallel,
        "places": places,
    }
    done = subprocess.run([sys.executable, "-c", READ], input=json.dumps(words), capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _shares(at: Place, places: list[tuple[str, str, int]]) -> str:
    """Where the time goes, by doing each part alone over a sample of the same bytes."""
    client, sample = at.database().client, bytearray()
    began = time.process_time()
    for database, name, batch in places:
        for found in client[database][name].find_raw_batches({}, batch_size=batch):
            sample += found
            if len(sample) > SAMPLE_BYTES:
                break
    read_s = time.process_time() - began
    builder, whole = ChunkBuilder(), bytes(sample)
    pieces = [*builder.add(whole), *builder.rest()]
    seconds = {"reading": read_s, "hashing": _cpu(lambda: ContentHash().add(whole))}
    sealer = Sealer("bkp_bench", b"k" * 32)
    sealed: list[bytes] = []
    seconds["compressing and encrypting"] = _cpu(
        lambda: sealed.extend(sealer.pack(piece, "x", sealer.next_nonce()) for piece in pieces)
    )
    seconds["checksums"] = _cpu(lambda: [hashlib.sha256(each).digest() for each in sealed])
    with tempfile.TemporaryDirectory(prefix="daraa-bench-") as folder:
        began = time.perf_counter()
        for number, each in enumerate(sealed):
            with (Path(folder) / str(number)).open("wb") as file:
                file.write(each)
                file.flush()
                os.fsync(file.fileno())
        seconds["storing (waiting for the disk)"] = time.perf_counter() - began
    total = sum(seconds.values())
    return ", ".join(f"{name} {each / total:.0%}" for name, each in seconds.items())
