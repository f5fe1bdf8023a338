"""A backup of a whole shop of a stated size: destroyed, brought back, and equal by hashes that are not ours."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daraa.kernel.evidence import Evidence, write_evidence
from daraa.ops.backup.restore import restore_memory_bound
from daraa.ops.backup.take import memory_bound
from factories.backups import contents_and_size_of, contents_of, shapes_of
from factories.shop import Measured, Shop, open_shop
from servers.mongo import mongo_server

pytestmark = pytest.mark.anyio
EVIDENCE = Path(__file__).parents[4] / "docs/evidence"
RESTORE_PARALLEL = 2


def added(measured: Measured, idle: Measured) -> int:
    """Bytes of memory that the work took, over what the same program needs to do next to nothing."""
    return measured.peak_bytes - idle.peak_bytes


async def destroyed_and_brought_back(shop: Shop, least_bytes: int) -> dict[str, float]:
    """Take, verify, destroy, restore, prove; asserts what has to be, and returns what was measured."""
    content, size = await contents_and_size_of(shop.client, shop.prefix)
    shapes = await shapes_of(shop.client, shop.prefix)
    assert size >= least_bytes, f"the demo data is only {size} bytes of BSON"
    idle = await shop.measured("daraa backup key show-id")
    take = await shop.measured("daraa backup take --json")
    taken = json.loads(take.text.splitlines()[-1])
    assert taken["event"] == "taken"
    assert taken["documents"] == sum(documents for documents, _ in content.values())
    assert added(take, idle) <= memory_bound(shop.settings.backup.parallel)
    verify = await shop.measured("daraa backup verify latest --json")
    receipt = json.loads(verify.text.splitlines()[-1])
    assert receipt["ok"], receipt["findings"]
    assert added(verify, idle) <= restore_memory_bound(RESTORE_PARALLEL)
    await shop.destroy()
    assert await contents_of(shop.client, shop.prefix) == {}
    restore = await shop.measured("daraa backup restore latest --into daraa --json")
    assert added(restore, idle) <= restore_memory_bound(RESTORE_PARALLEL)
    assert await contents_of(shop.client, shop.prefix) == content
    assert await shapes_of(shop.client, shop.prefix) == shapes
    prove = await shop.measured("daraa market prove")
    assert "✗" not in prove.text
    assert "?" not in prove.text
    return {
        "documents": taken["documents"],
        "bson_mb": size / 1e6,
        "stored_mb": taken["bytes_stored"] / 1e6,
        "take_s": take.seconds,
        "verify_s": verify.seconds,
        "recovery_s": receipt["seconds"],
        "restore_s": restore.seconds,
        "prove_s": prove.seconds,
        "idle_memory_mb": idle.peak_bytes / 1e6,
        "take_memory_mb": take.peak_bytes / 1e6,
        "verify_memory_mb": verify.peak_bytes / 1e6,
        "restore_memory_mb": restore.peak_bytes / 1e6,
    }


@pytest.mark.slow
@pytest.mark.timeout(1200)
async def test_a_shop_of_200_mb_is_destroyed_and_comes_back_equal_within_the_stated_memory(tmp_path: Path) -> None:
    with mongo_server(tmp_path) as server:  # its own: the others' tests would read through this one's oplog
        async with open_shop(server, tmp_path / "home", products=26_000) as shop:
            numbers = await destroyed_and_brought_back(shop, 200_000_000)
    print(json.dumps(numbers))


@pytest.mark.proof
async def test_a_shop_of_2_gb_is_destroyed_and_comes_back_equal_within_the_stated_memory(tmp_path: Path) -> None:
    """Leaves dated evidence; on the way it only counts what it asserts, so a failure leaves none."""
    began = datetime.now(UTC)
    with mongo_server(tmp_path, cache_mb=4096) as server:  # data and indexes fit in
        async with open_shop(server, tmp_path / "home", products=500_000) as shop:
            numbers = await destroyed_and_brought_back(shop, 2_000_000_000)
    evidence = Evidence(
        kind="backup.size",
        command="make proof",
        passed=True,
        at=began,
        target=f"{server.kind}, a repository in a folder",
        numbers={name: round(value, 2) for name, value in numbers.items()},
        notes=(
            "demo data taken, verified, every database dropped, restored, and market prove clean",
            "content hashes of every collection by plain PyMongo before and after: equal",
            f"stated bounds over the idle memory: take {memory_bound(4) / 1e6:.0f} MB, "
            f"restore {restore_memory_bound(RESTORE_PARALLEL) / 1e6:.0f} MB",
        ),
    )
    write_evidence(EVIDENCE, evidence)
