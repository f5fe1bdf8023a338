"""What the local provider remembers, in one SQLite file of its own, so that a kill costs it nothing."""

import json
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from daraa.ops.local_provider.behaviour import Behaviour, Step
from daraa.stores.providers import ChargeStatus, RefundState

_SCHEMA = """
create table if not exists charges (
  ref text primary key, reference text not null unique, amount integer not null, currency text not null,
  return_url text not null, status text not null, failure text, at real not null);
create table if not exists steps (
  id integer primary key, charge text not null, due real not null, status text not null, failure text,
  silent integer not null);
create table if not exists refunds (
  reference text primary key, ref text not null, charge text not null, amount integer not null,
  status text not null, failure text, due real not null);
create table if not exists hooks (
  id integer primary key, event text not null, body text not null, due real not null, tries integer not null default 0,
  delivered real);
create table if not exists behaviour (one integer primary key check (one = 1), words text not null);
"""


@dataclass(frozen=True, slots=True)
class Due:
    """One delivery to be tried now."""

    id: int
    event: str
    body: str
    tries: int


class Memory:
    """Charges, what will become of them, refunds, and the hooks that nobody has taken yet. Times are Unix seconds."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """All of the block's writes, or none of them."""
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def behaviour(self) -> Behaviour:
        """How it was last told to behave."""
        row = self._db.execute("select words from behaviour").fetchone()
        return Behaviour() if row is None else Behaviour.model_validate_json(row["words"])

    def behave(self, behaviour: Behaviour) -> None:
        """From now on like this."""
        words = behaviour.model_dump_json()
        self._db.execute(
            "insert into behaviour values (1, ?) on conflict do update set words = excluded.words", (words,)
        )

    def charge(self, ref: str) -> dict[str, Any] | None:
        """A charge by its own reference."""
        return _maybe(self._db.execute("select * from charges where ref = ?", (ref,)).fetchone())

    def charge_of(self, reference: str) -> dict[str, Any] | None:
        """A charge by the merchant's reference."""
        return _maybe(self._db.execute("select * from charges where reference = ?", (reference,)).fetchone())

    def add_charge(self, reference: str, amount: int, currency: str, return_url: str, now: float) -> dict[str, Any]:
        """A new charge that waits for its payer."""
        ref = f"ch_{secrets.token_hex(12)}"
        self._db.execute(
            "insert into charges values (?, ?, ?, ?, ?, ?, null, ?)",
            (ref, reference, amount, currency, return_url, ChargeStatus.PENDING.value, now),
        )
        found = self.charge(ref)
        assert found is not None
        return found

    def plan_steps(self, ref: str, steps: Sequence[Step], now: float) -> None:
        """What is to become of a charge."""
        rows = [(ref, now + each.after_ms / 1000, each.status.value, each.failure, each.silent) for each in steps]
        self._db.executemany("insert into steps (charge, due, status, failure, silent) values (?, ?, ?, ?, ?)", rows)

    def due_steps(self, now: float) -> list[dict[str, Any]]:
        """What is to happen now, in its order."""
        return _all(self._db.execute("select * from steps where due <= ? order by due, id limit 200", (now,)))

    def take_step(self, step: dict[str, Any], now: float) -> dict[str, Any]:
        """Bring a charge where the step leads; the charge as it is then."""
        self._db.execute("delete from steps where id = ?", (step["id"],))
        self._db.execute(
            "update charges set status = ?, failure = ?, at = ? where ref = ?",
            (step["status"], step["failure"], now, step["charge"]),
        )
        found = self.charge(step["charge"])
        assert found is not None
        return found

    def add_hooks(self, kind: str, data: dict[str, Any], dues: Sequence[float]) -> None:
        """One event, to be delivered at each of these times."""
        event = f"evt_{secrets.token_hex(12)}"
        body = json.dumps({"id": event, "type": kind, "data": data}, ensure_ascii=False, separators=(",", ":"))
        self._db.executemany(
            "insert into hooks (event, body, due) values (?, ?, ?)", [(event, body, due) for due in dues]
        )

    def due_hooks(self, now: float, limit: int) -> list[Due]:
        """The deliveries to try now."""
        rows = self._db.execute(
            "select id, event, body, tries from hooks where delivered is null and due <= ? order by due limit ?",
            (now, limit),
        )
        return [Due(row["id"], row["event"], row["body"], row["tries"]) for row in rows]

    def hook_taken(self, hook_id: int, now: float) -> None:
        """Somebody answered 200."""
        self._db.execute("update hooks set delivered = ?, tries = tries + 1 where id = ?", (now, hook_id))

    def hook_put_off(self, hook_id: int, due: float) -> None:
        """Nobody did; again later."""
        self._db.execute("update hooks set due = ?, tries = tries + 1 where id = ?", (due, hook_id))

    def refund(self, reference: str) -> dict[str, Any] | None:
        """A refund by the merchant's reference."""
        return _maybe(self._db.execute("select * from refunds where reference = ?", (reference,)).fetchone())

    def refunded(self, ref: str) -> int:
        """What was given back, or will be, of a charge."""
        row = self._db.execute(
            "select coalesce(sum(amount), 0) from refunds where charge = ? and status != ?",
            (ref, RefundState.REFUSED.value),
        ).fetchone()
        return int(row[0])

    def add_refund(
        self, reference: str, ref: str, amount: int, status: RefundState, why: str | None, due: float
    ) -> None:
        """A new refund; a pending one is done when it is due."""
        row = (reference, f"re_{secrets.token_hex(12)}", ref, amount, status.value, why, due)
        self._db.execute("insert into refunds values (?, ?, ?, ?, ?, ?, ?)", row)

    def settle_refunds(self, now: float) -> None:
        """Pending refunds whose time has come are done."""
        self._db.execute(
            "update refunds set status = ? where status = ? and due <= ?",
            (RefundState.DONE.value, RefundState.PENDING.value, now),
        )

    def figures(self) -> dict[str, int]:
        """How much of everything there is, for tests and the curious."""
        asked = {
            "charges": "select count(*) from charges",
            "refunds": "select count(*) from refunds where status != 'refused'",
            "refunded": "select coalesce(sum(amount), 0) from refunds where status = 'done'",
            "hooks_waiting": "select count(*) from hooks where delivered is null",
            "hooks_delivered": "select count(*) from hooks where delivered is not null",
        }
        return {name: int(self._db.execute(question).fetchone()[0]) for name, question in asked.items()}


def moment(seconds: float) -> str:
    """A time as it stands in a body."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _maybe(row: sqlite3.Row | None) -> dict[str, Any] | None:
    return None if row is None else dict(row)


def _all(rows: sqlite3.Cursor) -> list[dict[str, Any]]:
    return [dict(row) for row in rows]
