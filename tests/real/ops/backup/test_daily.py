"""Backups that nobody has to think of: the worker's duties one after the other, the timer's command, and their page."""

import asyncio
import json
import logging
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daraa.collections.job_runs import JobRun, RunState
from daraa.collections.proofs import PROOFS
from daraa.declare.proof import Proof
from daraa.jobs.backup_duties import (
    BUSY,
    CHECK,
    LEASE,
    PRUNE,
    TAKE,
    VERIFY,
    alone,
    backup_duties,
    check_copies,
    take_copies,
    verify_copies,
)
from daraa.jobs.errors import BACKUP_DUTY_FAILED, LEASE_LOST
from daraa.jobs.history import History
from daraa.jobs.lease import acquire
from daraa.jobs.registry import Fence, JobContext, Registry
from daraa.jobs.schedules import Schedules, make_due
from daraa.jobs.subscriptions import Subscriptions
from daraa.jobs.worker import Worker
from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import BackupSettings, JobsSettings, Settings
from daraa.kernel.time import SYSTEM_CLOCK
from daraa.ops.backup.catalog import BackupState, State, list_backups
from daraa.ops.backup.daily import NO_ACCOUNT, take_unless, verify_newest
from daraa.ops.backup.keys import load_key
from daraa.ops.backup.repositories import opened_repository
from daraa.stores.mongo import Mongo, open_mongo
from daraa.stores.mongo.errors import DENIED, FAILED, UNAVAILABLE
from daraa.stores.mongo.proofs import Violation
from daraa.stores.mongo.server_time import server_now
from factories.runbook import commands_of
from factories.shop import Shop, open_shop
from servers.mongo import MongoServer

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def shop(mongo_server: MongoServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """Small; every test has repositories of its own."""
    async with open_shop(mongo_server, tmp_path_factory.mktemp("home"), products=10) as made:
        yield made


@pytest.fixture
def settings(shop: Shop, tmp_path: Path) -> Settings:
    """One empty repository in a folder."""
    section = BackupSettings(url=str(tmp_path / "local"))
    jobs = JobsSettings(poll_s=0.05, lease_s=30, drain_s=0)
    return shop.settings.model_copy(update={"backup": section, "jobs": jobs})


@pytest.fixture
async def mongo(settings: Settings) -> AsyncIterator[Mongo]:
    """As the account that the worker has."""
    opened = open_mongo(settings, "app")
    yield opened
    await opened.close()


@pytest.fixture
async def context(mongo: Mongo, settings: Settings) -> JobContext:
    """A duty that is due now."""
    now = await server_now(mongo)
    return JobContext(
        job=TAKE, due_at=now, attempt=1, missed=0, by_hand=False, fence=Fence(1), mongo=mongo, settings=settings
    )


@pytest.fixture
def both(context: JobContext, tmp_path: Path) -> JobContext:
    """The same with a second repository."""
    section = context.settings.backup.model_copy(update={"remote_url": str(tmp_path / "remote")})
    return replace(context, settings=context.settings.model_copy(update={"backup": section}))


async def copies(settings: Settings, name: str) -> list[BackupState]:
    async with opened_repository(settings, name) as repository:
        return list((await list_backups(repository.store, load_key(settings))).backups)


async def eventually(read: Callable[[], Awaitable[JobRun | None]], within_s: float = 60) -> JobRun:
    async with asyncio.timeout(within_s):
        while (found := await read()) is None:
            await asyncio.sleep(0.1)
    return found


async def test_a_copy_that_is_due_is_taken_verified_and_only_then_pruned_one_after_the_other(both: JobContext) -> None:
    mongo, settings = both.mongo, both.settings
    registry, stop, history, began = Registry(), asyncio.Event(), History(mongo), await server_now(mongo)
    for duty in backup_duties(settings):
        # Due on no day of this year or the next: only what this test and the duties before make due is run.
        registry.register(replace(duty, cron="0 0 29 2 *"))
    assert [each.name for each in registry] == [CHECK, PRUNE, TAKE, VERIFY]
    await Schedules(mongo, registry, worker="test", lease_s=5).enrol()
    assert await make_due(mongo, TAKE)
    work = asyncio.create_task(Worker(mongo, settings, registry, Subscriptions()).run(stop))

    async def ended(name: str) -> JobRun | None:
        runs = await history.latest(name, 5)
        return next((run for run in runs if run.started_at >= began and run.finished_at), None)

    runs = [await eventually(lambda name=name: ended(name)) for name in (TAKE, VERIFY, PRUNE)]  # type: ignore[misc]
    stop.set()
    await work
    assert [run.state for run in runs] == [RunState.DONE] * 3, [run.error for run in runs]
    take, verify, prune = runs
    assert take.finished_at
    assert verify.finished_at
    assert take.finished_at <= verify.started_at <= verify.finished_at <= prune.started_at
    for name in ("local", "remote"):
        [copy] = await copies(settings, name)
        assert copy.state is State.VERIFIED
        assert copy.backup_id in str(take.result)
        assert f"{copy.backup_id} came back equal" in str(verify.result)


async def test_a_run_that_is_repeated_takes_no_second_copy_and_the_next_due_time_does(context: JobContext) -> None:
    first = await take_copies(context)
    again = await take_copies(replace(context, attempt=2))
    assert all(str(text).startswith("took bkp_") for text in first.values())
    assert all(str(text).startswith("nothing taken: bkp_") for text in again.values())
    assert len(await copies(context.settings, "local")) == 1
    await take_copies(replace(context, due_at=await server_now(context.mongo)))
    assert len(await copies(context.settings, "local")) == 2


async def test_verify_takes_the_newest_copy_that_is_not_proven_and_then_has_nothing_to_do(context: JobContext) -> None:
    await take_copies(context)
    await take_copies(replace(context, due_at=await server_now(context.mongo)))
    newest, older = await copies(context.settings, "local")
    said = await verify_copies(context)
    assert f"{newest.backup_id} came back equal" in str(said["local"])
    assert [each.state for each in await copies(context.settings, "local")] == [State.VERIFIED, State.COMPLETE]
    assert await verify_copies(context) == {"local": "nothing to verify"}
    assert older.state is State.COMPLETE


async def test_a_proof_that_fails_in_the_living_database_is_recorded_and_its_copy_is_green(
    context: JobContext, shop: Shop
) -> None:
    settings, wallets = context.settings, shop.client[shop.prefix].wallets
    whole = (await take_unless(settings, "local", SYSTEM_CLOCK)).manifest
    row = {"_id": "wal_odd", "available": {"amount": 5}}
    await wallets.insert_one(row, bypass_document_validation=True)
    try:
        broken = (await take_unless(settings, "local", SYSTEM_CLOCK)).manifest
    finally:
        await wallets.delete_one({"_id": "wal_odd"})
    receipt = await verify_newest(settings, "local", SYSTEM_CLOCK)
    assert whole
    assert broken
    assert receipt
    assert set(whole.proofs) == set(broken.proofs) == {f"proof.{each.name}" for each in PROOFS}
    assert set(whole.proofs.values()) == {"ok"}
    assert "fail" in broken.proofs.values()
    assert (receipt.backup_id, receipt.ok, receipt.proofs) == (broken.backup_id, True, broken.proofs)


@pytest.mark.parametrize("code", [UNAVAILABLE, DENIED, FAILED])
async def test_a_copy_is_taken_though_no_proof_could_run_and_none_is_recorded(
    context: JobContext, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    async def away(mongo: Mongo, proof: Proof) -> AsyncIterator[Violation]:
        raise DaraaError(code, "It did not answer.")
        yield Violation(None, None)

    monkeypatch.setattr("daraa.stores.mongo.proofs.violations", away)
    made = (await take_unless(context.settings, "local", SYSTEM_CLOCK)).manifest
    assert made
    assert made.proofs == {}


@pytest.mark.parametrize(("account", "duty"), [("backup", take_copies), ("restore", verify_copies)])
async def test_a_duty_whose_account_has_no_secret_here_fails_and_names_the_file(
    context: JobContext, account: str, duty: Callable[[JobContext], Awaitable[object]]
) -> None:
    path = context.settings.secrets_dir / f"mongo_{context.settings.mongo.database}_{account}"
    kept = path.read_text()
    path.unlink()
    try:
        with pytest.raises(DaraaError) as refused:
            await duty(context)
    finally:
        path.touch(0o600)
        path.write_text(kept)
    assert refused.value.code == BACKUP_DUTY_FAILED
    assert NO_ACCOUNT in refused.value.message
    assert str(path) in refused.value.message
    assert "DARAA_BACKUP_DUTIES=off" in refused.value.hint
    assert kept not in str(refused.value)


async def test_a_repository_that_fails_keeps_no_other_from_its_copy_but_fails_the_run(
    both: JobContext, tmp_path: Path
) -> None:
    (tmp_path / "local").write_text("this is no folder")
    with pytest.raises(DaraaError) as failed:
        await take_copies(both)
    assert "local: failed: " in failed.value.message
    assert "remote: took bkp_" in failed.value.message
    assert [each.state for each in await copies(both.settings, "remote")] == [State.COMPLETE]


async def test_while_one_duty_runs_a_second_is_put_off_and_a_take_waits_for_its_turn(context: JobContext) -> None:
    held = await acquire(context.mongo, LEASE, worker="another", seconds=60)
    assert held is not None
    assert await verify_copies(context) == {"skipped": BUSY}
    waiting = asyncio.create_task(take_copies(context))
    await asyncio.sleep(0.5)
    assert not waiting.done()
    assert await copies(context.settings, "local") == []
    await held.release()
    assert str((await waiting)["local"]).startswith("took bkp_")
    held = await acquire(context.mongo, LEASE, worker="another", seconds=60)
    assert held is not None
    with pytest.raises(DaraaError, match="ran for more than"):
        await alone(context, lambda: verify_copies(context), wait_s=0.1)
    await held.release()


async def test_a_duty_that_lost_its_lease_is_cancelled(context: JobContext) -> None:
    began, cancelled = asyncio.Event(), asyncio.Event()

    async def work() -> dict[str, object]:
        began.set()
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()
        return {}

    jobs = context.settings.jobs.model_copy(update={"lease_s": 6})
    short = replace(context, settings=context.settings.model_copy(update={"jobs": jobs}))
    running = asyncio.create_task(alone(short, work))
    await asyncio.wait_for(began.wait(), 30)
    # In one write, between no two steps of a renewal: as another worker that found the lease expired.
    leases = context.mongo.database()["leases"]
    await leases.update_one({"_id": LEASE}, {"$inc": {"fence": 1}, "$set": {"owner": "another"}})
    with pytest.raises(DaraaError) as lost:
        await asyncio.wait_for(running, 30)
    assert lost.value.code == LEASE_LOST
    assert cancelled.is_set()
    await leases.update_one({"_id": LEASE}, {"$set": {"until": datetime(2020, 1, 1, tzinfo=UTC)}})


async def test_the_check_counts_every_state_and_names_in_the_log_what_is_not_good(
    both: JobContext, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        found = await check_copies(both)
    assert found["fail"] == 4
    assert found["failing"] == "backup.local.age, backup.local.verified, backup.remote.age, backup.remote.verified"
    logged = {record.getMessage().split()[0]: record.levelname for record in caplog.records}
    assert logged["backup.local.age"] == "ERROR"
    assert logged["backup.local.size"] == "WARNING"
    assert "backup.key" not in logged


async def test_every_command_of_the_page_ends_as_the_page_says(shop: Shop) -> None:
    shown = commands_of("backup-daily.md")
    assert len(shown) == 7
    said = {}
    for line, status in shown:
        ended = shop.daraa(line)
        assert ended.returncode == status, f"{line}\n{ended.stdout}{ended.stderr}"
        said[line] = ended.stdout
    assert said["daraa jobs run backup.take"].startswith("local: took bkp_")
    assert "came back equal" in said["daraa jobs run backup.verify"]
    daily = said["daraa backup daily --unless-newer-than 20"].splitlines()
    assert daily[0].startswith("local: take: nothing taken: bkp_")
    assert daily[1] == "local: verify: nothing to verify: the newest copy has its receipt"
    assert said["daraa backup take --unless-newer-than 20"].startswith("nothing taken: bkp_")
    assert len(await copies(shop.settings, "local")) == 1
    written = shop.settings.home / "daraa_backup.prom"
    assert 'daraa_backup_verified_copies{repository="local"} 1' in written.read_text()
    assert stat.S_IMODE(written.stat().st_mode) == 0o644
    assert list(shop.settings.home.glob(".daraa_backup*")) == []


async def test_the_timers_command_does_every_step_of_every_repository_and_says_which_failed(
    shop: Shop, tmp_path: Path
) -> None:
    (tmp_path / "local").write_text("this is no folder")
    shop.more = {"DARAA_BACKUP_URL": str(tmp_path / "local"), "DARAA_BACKUP_REMOTE_URL": str(tmp_path / "remote")}
    try:
        ended = shop.daraa("daraa backup daily --unless-newer-than 20")
        remote = ["DARAA_BACKUP_DUTIES", "off"]
        shop.more[remote[0]] = remote[1]
        off = shop.daraa("daraa jobs run backup.take")
        as_json = shop.daraa("daraa backup take --repository remote --unless-newer-than 20 --json")
    finally:
        shop.more = {}
    assert ended.returncode == 1
    assert [line.split(":")[0] for line in ended.stderr.splitlines() if line.startswith("✗")] == ["✗ local"] * 3
    assert ended.stdout.startswith("remote: take: took bkp_")
    assert "remote: verify: bkp_" in ended.stdout
    assert off.returncode == 1
    assert "There is no job 'backup.take'" in off.stderr
    assert json.loads(as_json.stdout)["event"] == "not_taken"


async def test_a_copy_older_than_asked_is_no_reason_to_take_none(shop: Shop, tmp_path: Path) -> None:
    shop.more = {"DARAA_BACKUP_URL": str(tmp_path / "local")}
    try:
        shop.done("daraa backup take")
        await asyncio.sleep(1.5)
        shop.done("daraa backup take --unless-newer-than 0.0004")
        settings = shop.settings.model_copy(update={"backup": BackupSettings(url=str(tmp_path / "local"))})
        assert len(await copies(settings, "local")) == 2
        assert SYSTEM_CLOCK.now() - (await copies(settings, "local"))[0].at < timedelta(minutes=1)
    finally:
        shop.more = {}
