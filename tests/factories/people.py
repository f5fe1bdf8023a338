"""People who register and log in as people do: by the code in the message that was sent to their telephone."""

import itertools
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from daraa.collections.accounts import ACCOUNTS
from daraa.collections.addresses import ADDRESSES
from daraa.collections.admin_profiles import ADMIN_PROFILES
from daraa.collections.audit_logs import AUDIT_LOGS
from daraa.collections.customer_profiles import CUSTOMER_PROFILES
from daraa.collections.identities import IDENTITIES
from daraa.collections.otps import OTPS
from daraa.collections.outbox_events import OUTBOX_EVENTS
from daraa.collections.security_profiles import SECURITY_PROFILES
from daraa.collections.sessions import SESSIONS
from daraa.declare import Collection
from daraa.declare.access import user_name
from daraa.kernel.settings import Settings
from daraa.stores.mongo import Mongo
from factories.installation import build_indexes

_COUNT = itertools.count(1)
WRITTEN: tuple[Collection[Any], ...] = (
    ACCOUNTS, IDENTITIES, SECURITY_PROFILES, SESSIONS, OTPS, CUSTOMER_PROFILES, ADDRESSES, ADMIN_PROFILES,
    AUDIT_LOGS, OUTBOX_EVENTS,
)  # fmt: skip


@dataclass(frozen=True)
class SignedUp:
    """What a login gave."""

    account_id: str
    access_token: str
    refresh_token: str
    phone: str
    is_new: bool

    @property
    def headers(self) -> dict[str, str]:
        """What a request of this person carries."""
        return {"authorization": f"Bearer {self.access_token}"}


def a_phone() -> str:
    """A number that nobody has yet in this run: +963 90 is given to no operator."""
    return f"+963900{next(_COUNT):06d}"


async def sign_up(client: httpx.AsyncClient, phone: str, home: Path, **words: str) -> SignedUp:
    """Ask for a code, read it from the messages that the development sender wrote in `home`, and log in with it."""
    asked = await client.post("/v1/auth/otp", json={"phone": phone})
    assert asked.status_code == 202, asked.text
    body = {"phone": phone, "code": last_code(home, phone), **words}
    return signed_up(await client.post("/v1/auth/otp/verify", json=body), phone)


def signed_up(answer: httpx.Response, phone: str) -> SignedUp:
    """What a successful login answered."""
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    return SignedUp(data["account"]["id"], data["access_token"], data["refresh_token"], phone, data["is_new"])


def messages_to(home: Path, phone: str) -> list[str]:
    """The texts that the development sender wrote for a number, oldest first."""
    log = home / "logs" / "messages.log"
    lines = (json.loads(line) for line in log.read_text().splitlines()) if log.exists() else ()
    return [line["text"] for line in lines if line["to"] == phone and line["channel"] == "sms"]


def last_code(home: Path, phone: str) -> str:
    """The code in the newest message to a number."""
    found = re.search(r"\b[0-9]{6}\b", messages_to(home, phone)[-1])
    assert found is not None
    return found[0]


def commands(caplog: pytest.LogCaptureFixture) -> list[int]:
    """How many database commands each request took that was logged."""
    return [record.db_commands for record in caplog.records if record.name == "daraa.api.access"]  # type: ignore[attr-defined]


async def allow_people(admin: Mongo, settings: Settings, collections: Iterable[Collection[Any]] = WRITTEN) -> None:
    """Let the application's account write to the audit log too, and make the indexes of what logins write."""
    user = user_name("app", settings.mongo.database)
    roles = [{"role": "readWrite", "db": settings.mongo.database + "_audit"}]
    await admin.client.admin.command("grantRolesToUser", user, roles=roles)
    await build_indexes(admin, collections)
