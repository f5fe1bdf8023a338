"""The embedded database, whichever kinds this machine has: first start, restart, wrong secrets, death."""

import os
import secrets
from dataclasses import replace
from pathlib import Path

import pymongo
import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from daraa.declare.access import ADMIN
from daraa.kernel.errors import DaraaError
from daraa.stores.process import DatabaseKind, EmbeddedDatabase, find_database
from daraa.stores.process.mongo_admin import limit_transactions
from servers.mongo import MongoServer
from servers.ports import free_port
from system_needs import missing

pytestmark = pytest.mark.anyio


@pytest.fixture(params=list(DatabaseKind))
def database(request: pytest.FixtureRequest, tmp_path: Path) -> EmbeddedDatabase:
    try:
        choice = find_database(request.param)
    except DaraaError:
        missing(request.param, why="each kind of embedded database is tested where it is there")
    return EmbeddedDatabase(choice, tmp_path / "mongo", free_port(), tmp_path / "database.log", log_file_mb=16)


def as_admin(database: EmbeddedDatabase, password: str) -> AsyncMongoClient:
    return AsyncMongoClient(
        database.host, database.port, username=ADMIN, password=password, serverSelectionTimeoutMS=5000
    )


async def test_acknowledged_writes_and_the_administrator_survive_a_kill(database: EmbeddedDatabase) -> None:
    password = secrets.token_urlsafe(12)
    child = await database.start(password)
    try:
        async with as_admin(database, password) as client:
            await client["kept"]["rows"].insert_many([{"_id": n} for n in range(50)])
        child.kill()
        await child.start()
        await database.secure(password)
        async with as_admin(database, password) as client:
            assert await client["kept"]["rows"].count_documents({}) == 50
    finally:
        await child.stop()


async def test_a_stranger_reads_nothing_and_cannot_make_itself_a_second_administrator(
    database: EmbeddedDatabase,
) -> None:
    child = await database.start("right-password")
    try:
        async with AsyncMongoClient(database.host, database.port, directConnection=True) as stranger:
            with pytest.raises(OperationFailure) as refused:
                await stranger["any"]["rows"].find_one()
            assert refused.value.code == 13
            with pytest.raises(OperationFailure) as refused:
                await stranger.admin.command("createUser", "mallory", pwd="x", roles=["root"])
            assert refused.value.code == 13
    finally:
        await child.stop()


async def test_data_made_with_other_secrets_is_refused_by_name_and_left_alone(database: EmbeddedDatabase) -> None:
    child = await database.start("first-password")
    await child.stop()
    with pytest.raises(DaraaError) as refused:
        await database.start("second-password")
    assert refused.value.code == "process.database.admin_refused"
    assert "second-password" not in str(refused.value)
    child = await database.start("first-password")
    await child.stop()


async def test_no_secret_is_on_the_command_line_or_in_the_environment(database: EmbeddedDatabase) -> None:
    child = await database.start("Xq9-very-secret")
    try:
        for name in ("cmdline", "environ"):
            assert b"Xq9-very-secret" not in Path(f"/proc/{child.pid}/{name}").read_bytes()
        assert b"Xq9-very-secret" not in database.log_path.read_bytes()
    finally:
        await child.stop()


async def test_only_the_owner_can_look_into_the_folder(database: EmbeddedDatabase) -> None:
    await database.prepare("some-password")
    assert database.folder.stat().st_mode & 0o777 == 0o700
    loose = [path for path in database.folder.iterdir() if path.is_file() and path.stat().st_mode & 0o077]
    assert loose == []


async def test_a_second_server_on_the_same_folder_dies_and_says_why(database: EmbeddedDatabase) -> None:
    child = await database.start("some-password")
    try:
        twin = EmbeddedDatabase(database.choice, database.folder, free_port(), database.log_path, log_file_mb=16)
        with pytest.raises(DaraaError) as refused:
            await twin.child().start()
        assert refused.value.code == "process.child.died"
        assert "busy" in str(refused.value).lower()
    finally:
        await child.stop()


async def test_what_a_dead_process_left_open_lets_go_of_its_documents(database: EmbeddedDatabase) -> None:
    database = replace(database, transactions_s=2)
    child = await database.start("some-password")
    try:
        if database.choice.kind is DatabaseKind.SECANTUS_PY:
            # It knows no such limit, and says so: docs/stand-ins.md.
            assert not await limit_transactions(database.host, database.port, ADMIN, "some-password", 2)
            return
        async with as_admin(database, "some-password") as client, as_admin(database, "some-password") as dying:
            rows = client["held"]["rows"]
            await rows.insert_one({"_id": 1, "n": 0})
            session = dying.start_session()
            await session.start_transaction()
            await dying["held"]["rows"].update_one({"_id": 1}, {"$inc": {"n": 7}}, session=session)
            with pymongo.timeout(10):
                await rows.update_one({"_id": 1}, {"$inc": {"n": 1}})
            assert await rows.find_one() == {"_id": 1, "n": 1}
            with pytest.raises(PyMongoError):
                await session.commit_transaction()
    finally:
        await child.stop()


async def test_a_transaction_commits_because_the_server_says_it_is_a_replica_set(mongo_server: MongoServer) -> None:
    async with AsyncMongoClient(mongo_server.uri) as client:
        rows = client[f"t{os.getpid()}_process"]["rows"]
        async with client.start_session() as session, await session.start_transaction():
            await rows.insert_one({"_id": 1}, session=session)
        assert await rows.count_documents({}) == 1
        await client.drop_database(rows.database.name)
