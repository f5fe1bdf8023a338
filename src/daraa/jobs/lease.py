"""Named leases: a thing that one process at a time may do, with a fencing token that outdates a late holder."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from daraa.collections.leases import LEASES, Lease
from daraa.declare import Query, eq
from daraa.declare.document import stamp
from daraa.jobs.errors import LEASE_LOST
from daraa.jobs.registry import Fence
from daraa.kernel.errors import DaraaError
from daraa.stores.mongo import Mongo, Table
from daraa.stores.mongo.errors import DUPLICATE
from daraa.stores.mongo.server_time import LONG_AGO, server_now
from daraa.stores.mongo.session import Session

LEASE_BY_NAME = Query(LEASES, "by_name", serves="by id", where=(eq("id"),))


@dataclass(frozen=True, slots=True)
class Held:
    """A lease that this process got; it is really ours until it expires by the server's clock or is renewed."""

    name: str
    owner: str
    fence: Fence
    seconds: float
    table: Table[Lease]

    async def renew(self) -> bool:
        """Make it last `seconds` from now; False when another process has taken it since."""
        until = await server_now(self.table.mongo) + timedelta(seconds=self.seconds)
        return await self.table.update_one(self._mine(), {"$set": {"until": until}, **_CHANGED})

    async def release(self) -> None:
        """Give it back; nothing happens when it is no longer ours."""
        await self.table.update_one(self._mine(), {"$set": {"until": LONG_AGO}, "$unset": {"owner": ""}, **_CHANGED})

    async def confirm(self, session: Session) -> None:
        """Bind the transaction of `session` to the lease: it cannot commit once another process has taken the lease.

        Raises `jobs.lease.lost` at once when that has happened. The write makes both compete for one document.
        """
        if not await self.table.update_one(self._mine(), _CHANGED, session=session):
            raise DaraaError(LEASE_LOST, f"The lease {self.name!r} went to another process.", hint="Stop; it goes on.")

    def _mine(self) -> dict[str, object]:
        return {"id": self.name, "fence": self.fence.number, "owner": self.owner}


_CHANGED: dict[str, dict[str, object]] = {"$inc": {"ver": 1}, "$currentDate": {"updated_at": True}}


async def acquire(mongo: Mongo, name: str, *, worker: str, seconds: float) -> Held | None:
    """The lease `name` for `seconds`, or None while another process holds it.

    Two processes that find it free compare and swap on its token: one wins, and its token is higher than any before.
    """
    table = Table(LEASES, mongo)
    now = await server_now(mongo)
    row = await table.find_one(LEASE_BY_NAME, id=name) or await _create(table, name)
    if row.until > now:
        return None
    # Different for every acquisition: the same worker may lose a lease and take it again.
    owner = f"{worker}#{secrets.token_hex(4)}"
    won = await table.update_one(
        {"id": name, "fence": row.fence, "until": {"$lte": now}},
        {
            "$set": {"owner": owner, "until": now + timedelta(seconds=seconds), "fence": row.fence + 1},
            **_CHANGED,
        },
    )
    return Held(name, owner, Fence(row.fence + 1), seconds, table) if won else None


async def _create(table: Table[Lease], name: str) -> Lease:
    row = Lease(id=name, until=LONG_AGO, **stamp(await server_now(table.mongo)))
    try:
        await table.insert(row)
    except DaraaError as error:
        if error.code != DUPLICATE:
            raise
    return row
