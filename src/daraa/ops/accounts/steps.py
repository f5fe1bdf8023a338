"""The named steps of an accounts plan, and what the live server holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from daraa.derive.roles import Role


class Kind(StrEnum):
    """What an accounts step does."""

    SECRET = "create secret"  # noqa: S105 - the name of a step
    CREATE_ROLE = "create role"
    UPDATE_ROLE = "update role"
    CREATE_USER = "create account"
    SET_PASSWORD = "set password"  # noqa: S105 - the name of a step
    SET_ROLE = "set role"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Step:
    """One difference between the declared accounts and the server. `name` is the account's."""

    kind: Kind
    name: str
    why: str

    def as_dict(self) -> dict[str, str]:
        """For `--json`."""
        return {"kind": self.kind.value, "name": self.name, "why": self.why}


@dataclass(frozen=True, slots=True)
class LiveAccounts:
    """Roles and users of the admin database; `log_in` says for each account with a secret whether it can log in."""

    roles: Mapping[str, Any]
    users: Mapping[str, list[str]]
    log_in: Mapping[str, bool]
    secrets: frozenset[str]


@dataclass(frozen=True, slots=True)
class WantedAccounts:
    """The derived roles, by account key, and the prefix by which accounts of ours are known."""

    roles: Mapping[str, Role]
    prefix: str
