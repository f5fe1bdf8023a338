"""The systemd units: systemd accepts them, they are shut off from the rest, and their command line really runs."""

import shlex
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from factories.shop import Shop, open_shop
from servers.mongo import MongoServer
from system_needs import require

UNITS = Path(__file__).parents[4] / "deploy/systemd"
INSTALLED = "/opt/daraa/.venv/bin/daraa"
REQUIRED = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "CapabilityBoundingSet": "",
    "User": "daraa-backup",
}


def unit(name: str) -> list[tuple[str, str, str]]:
    """Section, key and value of every line, in order; a key may come more than once."""
    found, section = [], ""
    for line in (UNITS / name).read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.append((section, key, value))
    return found


def values(name: str, key: str) -> list[str]:
    return [value for _, found, value in unit(name) if found == key]


@pytest.fixture(scope="module")
async def shop(mongo_server: MongoServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """An installation whose worker never ran."""
    async with open_shop(mongo_server, tmp_path_factory.mktemp("home"), products=0) as made:
        yield made


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units in a folder, as if Daraa were installed where this interpreter is."""
    require("systemd-analyze", apt="systemd", why="it judges the units")
    for each in UNITS.iterdir():
        text = each.read_text()
        (tmp_path / each.name).write_text(text.replace(INSTALLED, str(Path(sys.executable).with_name("daraa"))))
    return tmp_path


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *words], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("name", ["daraa-backup.service", "daraa-backup.timer"])
def test_systemd_finds_nothing_to_complain_about(installed: Path, name: str) -> None:
    seen = analyze("verify", "--man=no", str(installed / name))
    assert (seen.returncode, seen.stdout + seen.stderr) == (0, "")


def test_systemd_does_complain_about_a_misspelt_line(installed: Path) -> None:
    path = installed / "daraa-backup.service"
    path.write_text(path.read_text().replace("ProtectSystem=strict", "ProtectSistem=strict"))
    assert "ProtectSistem" in analyze("verify", "--man=no", str(path)).stderr


def test_the_service_is_exposed_to_next_to_nothing(installed: Path) -> None:
    seen = analyze("security", "--offline=true", "--threshold=20", str(installed / "daraa-backup.service"))
    assert seen.returncode == 0, seen.stdout[-300:]


def test_the_service_is_hardened_and_holds_no_secret() -> None:
    for key, value in REQUIRED.items():
        assert values("daraa-backup.service", key) == [value], key
    variables = [each.split("=", 1)[0] for each in values("daraa-backup.service", "Environment")]
    assert sorted(variables) == ["DARAA_HOME", "DARAA_SECRETS_DIR"]


def test_the_timer_catches_up_after_an_outage_and_runs_the_service_daily() -> None:
    assert values("daraa-backup.timer", "Persistent") == ["true"]
    assert values("daraa-backup.timer", "Unit") == ["daraa-backup.service"]
    [when] = values("daraa-backup.timer", "OnCalendar")
    assert when == "*-*-* 04:00:00 UTC"


@pytest.mark.anyio
async def test_the_command_line_of_the_unit_takes_verifies_and_prunes_once_a_day(shop: Shop, tmp_path: Path) -> None:
    [line] = values("daraa-backup.service", "ExecStart")
    program, *words = shlex.split(line)
    assert program == INSTALLED
    elsewhere = shutil.copytree(shop.settings.secrets_dir, tmp_path / "secrets")
    for each in (*elsewhere.glob("mongo_daraa_*"), *elsewhere.glob("mongo_*_app"), *elsewhere.glob("mongo_*_migrator")):
        each.unlink()
    mongo = shop.settings.mongo.database
    left = {each.name for each in elsewhere.iterdir()}
    assert {"backup_key", f"mongo_{mongo}_backup", f"mongo_{mongo}_restore"} <= left
    assert f"mongo_{mongo}_app" not in left
    shop.more = {"DARAA_SECRETS_DIR": str(elsewhere), "DARAA_HOME": str(tmp_path / "home")}
    first = shop.done(f"daraa {shlex.join(words)}").splitlines()
    assert first[0].startswith("local: take: took bkp_")
    assert first[1].startswith("local: verify: bkp_")
    assert "came back equal" in first[1]
    assert first[2].startswith("local: prune: nothing is changed")
    again = shop.done(f"daraa {shlex.join(words)}").splitlines()
    assert again[0].startswith("local: take: nothing taken: bkp_")
    assert again[1].startswith("local: verify: nothing to verify")
