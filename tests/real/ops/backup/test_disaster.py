"""From an empty host with the bucket and the key: the page is followed, and the API serves what it served before."""

import json
import secrets
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pymongo
import pytest

from daraa.kernel.evidence import Evidence, read_evidence, write_evidence
from daraa.kernel.settings import OWN_KEYS, BackupSettings
from factories.backups import contents_of
from factories.database import own_settings
from factories.installation import write_secret
from factories.runbook import commands_of
from factories.shop import Shop, open_shop
from servers.mongo import MongoServer
from servers.mongo import mongo_server as start_mongo
from servers.platform import Platform, free_ports, nothing_is_left, platform
from servers.s3 import S3Server

pytestmark = pytest.mark.anyio
EVIDENCE = Path(__file__).parents[4] / "docs/evidence"
PHONE, PASSWORD = "+963933000111", "a long password of an admin"


@dataclass(frozen=True)
class Bucket:
    """A repository in a bucket, as settings and secrets name it."""

    section: BackupSettings
    secrets: dict[str, str]

    def give(self, shop: Shop) -> None:
        """Let that installation know it."""
        for name, text in self.secrets.items():
            write_secret(shop.settings.home, name, text)
        shop.more = {"DARAA_BACKUP_URL": self.section.url, "DARAA_BACKUP_ENDPOINT": self.section.endpoint}


def bucket(server: S3Server) -> Bucket:
    """A new one."""
    target = server.bucket()
    section = BackupSettings(url=f"s3://{target.bucket}/daraa", endpoint=server.endpoint)
    pair = {"access_key_id": server.access_key, "secret_access_key": server.secret_key}
    return Bucket(section, {f"backup_local_s3_{name}": text for name, text in pair.items()})


def post(api: str, path: str, body: dict[str, str]) -> Any:
    request = urllib.request.Request(
        api + path, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())["data"]


def served(api: str, path: str, token: str) -> Any:
    request = urllib.request.Request(api + path, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())["data"]


def make_admin(shop: Shop) -> None:
    """A person whose password has to hold on the new machine too."""
    for name in (*OWN_KEYS, "redis_daraa"):
        write_secret(shop.settings.home, name, secrets.token_hex(32))
    command = [sys.executable, "-P", "-m", "daraa.cli", "people", "create-admin", "--phone", PHONE, "--name", "Salma"]
    made = subprocess.run(
        command, env=shop.environment, input=f"{PASSWORD}\n", capture_output=True, text=True, timeout=60, check=False
    )
    assert made.returncode == 0, made.stderr


async def lost(shop: Shop) -> tuple[dict[str, Any], dict[str, Any]]:
    """An order and a product of it, as they are in the database that will be lost."""
    order = await shop.client[shop.prefix].orders.find_one({})
    product = await shop.client[shop.prefix].products.find_one({"status": "active"})
    assert order is not None
    assert product is not None
    return order, product


async def back_from_nothing(server: S3Server, old: MongoServer, folder: Path, products: int) -> dict[str, float]:
    """Lose a whole installation but its bucket and key, follow the page on an empty one; what was measured."""
    at = bucket(server)
    async with open_shop(old, folder / "old", products=products) as shop:
        at.give(shop)
        make_admin(shop)
        taken = json.loads((await shop.measured("daraa backup take --json")).text.splitlines()[-1])
        order, product = await lost(shop)
        content, prefix = await contents_of(shop.client, shop.prefix), shop.prefix
        key = (shop.settings.secrets_dir / "backup_key").read_text()
    with start_mongo(folder / "new-server") as new:
        settings = own_settings(new, folder / "new")
        settings = settings.model_copy(update={"mongo": settings.mongo.model_copy(update={"database": prefix})})
        host = Shop(settings, None)
        began = time.monotonic()
        at.give(host)
        write_secret(settings.home, "backup_key", key)
        steps = {line: (await host.measured(line)).seconds for line, _ in commands_of("backup-disaster.md")}
        assert len(steps) == 5
        stopped = time.monotonic()
        async with pymongo.AsyncMongoClient(new.uri) as client:
            assert await contents_of(client, prefix) == content
        looking = time.monotonic() - stopped
        ports = free_ports()
        variables = {**host.environment, **ports, "DARAA_EMBEDDED_DEMO_PRODUCTS": "0"}
        with platform(settings.home, variables) as started:
            started.said("^ready in", within_s=300)
            seen(started, order, product)
            seconds = time.monotonic() - began - looking
            started.process.terminate()
            assert started.ended(60) == 0
        nothing_is_left(settings.home, ports)
    return {
        "documents": taken["documents"],
        "bson_mb": taken["bytes_plain"] / 1e6,
        "running_again_s": seconds,
        "accounts_s": steps["daraa accounts apply"],
        "restore_s": steps["daraa backup restore latest --into daraa"],
        "prove_s": steps["daraa market prove"],
    }


def seen(started: Platform, order: dict[str, Any], product: dict[str, Any]) -> None:
    """The API of the new machine serves both; the admin logs in with the password of before."""
    status, body = started.get(f"/v1/products/{product['_id']}", timeout_s=30)
    assert status == 200
    assert body["data"]["id"] == product["_id"]
    token = post(started.api, "/v1/auth/password", {"phone": PHONE, "password": PASSWORD})["access_token"]
    found = served(started.api, f"/v1/admin/orders/{order['_id']}", token)
    assert (found["id"], found["order_number"]) == (order["_id"], order["orderNumber"])


def write_down(folder: Path, numbers: dict[str, float], kinds: str, at: datetime) -> Path:
    """The dated evidence: measured seconds from an empty home folder to a served order."""
    return write_evidence(
        folder,
        Evidence(
            kind="backup.disaster",
            command="make proof",
            passed=True,
            at=at,
            target=kinds,
            numbers={name: round(value, 2) for name, value in numbers.items()},
            notes=(
                "another server, an empty home folder, only the bucket and backup_key; docs/runbook/backup-disaster.md",
                "content of every collection equal before the start, by plain PyMongo",
                "a product and an order of before served over HTTP to an admin with the password of before",
            ),
        ),
    )


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_an_empty_host_with_the_bucket_and_the_key_serves_what_was_lost(
    s3_server: S3Server, mongo_server: MongoServer, tmp_path: Path
) -> None:
    at = datetime.now(UTC)
    numbers = await back_from_nothing(s3_server, mongo_server, tmp_path, products=60)
    path = write_down(tmp_path / "evidence", numbers, f"{mongo_server.kind}, {s3_server.kind}", at)
    written = read_evidence(path)
    assert written["numbers"]["running_again_s"] > written["numbers"]["restore_s"] > 0


@pytest.mark.proof
async def test_how_long_an_empty_host_takes_to_serve_200_mb_again(s3_server: S3Server, tmp_path: Path) -> None:
    at = datetime.now(UTC)
    with start_mongo(tmp_path / "old-server") as old:
        numbers = await back_from_nothing(s3_server, old, tmp_path, products=26_000)
    write_down(EVIDENCE, numbers, f"{old.kind}, {s3_server.kind}", at)
