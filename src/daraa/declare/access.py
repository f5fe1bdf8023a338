"""Which database account may do what; every account starts from nothing."""

from dataclasses import dataclass, fields

from daraa.declare.names import did_you_mean
from daraa.declare.words import closed
from daraa.kernel.errors import DeclarationError

ACTIONS = ("find", "insert", "update", "remove")


@dataclass(frozen=True, slots=True)
class Account:
    """A database account: `name` as in the database, what it is for, and the server's built-in roles it needs."""

    name: str
    purpose: str
    builtin: tuple[str, ...] = ()


ADMIN = "daraa_admin"
"""The sealed administrator: creates the other accounts and is used for nothing else."""

ACCOUNTS: dict[str, Account] = {
    "app": Account(
        "daraa_app", "the API and the worker: named collections only, no schema work, insert-only ledger and audit"
    ),
    "migrator": Account(
        "daraa_migrator", "indexes, validators and data changes; logs in only while a schema is applied"
    ),
    "backup": Account("daraa_backup", "reads everything for a backup; writes nothing"),
    "restore": Account("daraa_restore", "writes into scratch databases only, to prove a backup"),
    "archiver": Account("daraa_archiver", "reads hot orders, writes the archive, removes what was archived"),
    "exporter": Account("daraa_exporter", "metrics of the server; reads no document of ours", ("clusterMonitor",)),
    "probe": Account("daraa_probe", "the score: reads everything but secrets, writes its own scratch database only"),
    "readonly": Account("daraa_readonly", "people who look things up: no collection that holds secrets"),
}


DEFAULT_PREFIX = "daraa"


def user_name(key: str, prefix: str = DEFAULT_PREFIX) -> str:
    """The database name of an account, which is its role's name too.

    Accounts belong to a server while databases belong to an installation: one that prefixes its databases with
    something else than `daraa` has accounts of its own (`shop_app`), so several can share a server.
    """
    if key == "admin":
        return ADMIN
    return ACCOUNTS[key].name if prefix == DEFAULT_PREFIX else f"{prefix}_{key}"


@closed
@dataclass(frozen=True, slots=True)
class Access:
    """What accounts may do with the documents of one collection, as words: `app="find insert update"`.

    Reading for backup, readonly and probe, and schema work for migrator, are derived and not written here.
    """

    app: str = ""
    archiver: str = ""

    def __post_init__(self) -> None:
        for field in fields(self):
            for word in getattr(self, field.name).split():
                if word not in ACTIONS:
                    raise DeclarationError(
                        f"Access.{field.name}", f"unknown action {word!r}", did_you_mean(word, ACTIONS)
                    )

    def allows(self, account: str, action: str) -> bool:
        """True when the account of that key (`app`) may do the action."""
        return action in getattr(self, account, "").split()
