"""Reads of the audit log and of visitors' activity."""

from datetime import datetime

from daraa.collections.audit_logs import AUDIT_LOGS, AuditLog
from daraa.collections.user_activities import USER_ACTIVITIES, UserActivity
from daraa.declare import Query, asc, beyond, desc, eq
from daraa.kernel.errors import DaraaError
from daraa.market.found import After
from daraa.stores.mongo import Mongo, Table
from daraa.stores.mongo.client import Raw
from daraa.stores.mongo.errors import CONFLICT, DUPLICATE
from daraa.stores.mongo.session import Session

CHAIN = Query(
    AUDIT_LOGS,
    "chain",
    serves="an aggregate's audit chain in order",
    where=(eq("stream"),),
    sort=(asc("seq"),),
)
LAST_OF_CHAIN = Query(
    AUDIT_LOGS,
    "last_of_chain",
    serves="an aggregate's audit chain in order",
    where=(eq("stream"),),
    sort=(desc("seq"),),
)
ALL_CHAINS = Query(
    AUDIT_LOGS,
    "all_chains",
    serves="an aggregate's audit chain in order",
    sort=(asc("stream"), asc("seq")),
)
OF_TARGET = Query(
    AUDIT_LOGS,
    "of_target",
    serves="what was done to a thing, newest first",
    where=(eq("target_id"),),
    sort=(desc("id"),),
)
OF_ACTOR = Query(
    AUDIT_LOGS,
    "of_actor",
    serves="what a person did, newest first",
    where=(eq("actor_id"),),
    sort=(desc("id"),),
)
OF_ACTION = Query(
    AUDIT_LOGS,
    "of_action",
    serves="every use of an action, newest first",
    where=(eq("action"),),
    sort=(desc("id"),),
)
ACTIVITY_OF_ACCOUNT = Query(
    USER_ACTIVITIES,
    "of_account",
    serves="a person's activity, newest first",
    where=(eq("account_id"),),
    sort=(desc("created_at"),),
)
ACTIVITY_BETWEEN = Query(
    USER_ACTIVITIES,
    "between",
    serves="all activity from hour to hour",
    where=(beyond("hour", "gte", "start"), beyond("hour", "lt", "end")),
    sort=(asc("hour"),),
)


class AuditRepository:
    """The audit log."""

    def __init__(self, mongo: Mongo) -> None:
        self._logs = Table(AUDIT_LOGS, mongo)

    async def list_chain(self, stream: str, *, limit: int, after: After = None) -> list[AuditLog]:
        """An aggregate's rows in order, to check their hashes."""
        return await self._logs.find(CHAIN, limit=limit, after=after, stream=stream)

    async def find_last(self, stream: str, *, session: Session | None = None) -> AuditLog | None:
        """The row to which the next one of an aggregate is chained."""
        return await self._logs.find_one(LAST_OF_CHAIN, session=session, stream=stream)

    async def insert(self, row: AuditLog, *, session: Session) -> None:
        """Add a row to its chain; `stores.write.conflict` when another change of the thing took the place in it."""
        try:
            await self._logs.insert(row, session=session)
        except DaraaError as error:
            if error.code == DUPLICATE:
                raise DaraaError(CONFLICT, "Somebody else changed it.", hint="Read again and retry.") from error
            raise

    async def list_all(self, *, limit: int, after: After = None) -> list[Raw]:
        """All rows as stored, chain by chain."""
        return await self._logs.find_raw(ALL_CHAINS, limit=limit, after=after)

    async def list_of_target(self, target_id: str, *, limit: int, after: After = None) -> list[AuditLog]:
        """What was done to a thing, newest first."""
        return await self._logs.find(OF_TARGET, limit=limit, after=after, target_id=target_id)

    async def list_of_actor(self, actor_id: str, *, limit: int, after: After = None) -> list[AuditLog]:
        """What a person did, newest first."""
        return await self._logs.find(OF_ACTOR, limit=limit, after=after, actor_id=actor_id)

    async def list_of_action(self, action: str, *, limit: int, after: After = None) -> list[AuditLog]:
        """Every use of an action (`store.approve`), newest first."""
        return await self._logs.find(OF_ACTION, limit=limit, after=after, action=action)


class ActivityRepository:
    """What visitors look at."""

    def __init__(self, mongo: Mongo) -> None:
        self._activities = Table(USER_ACTIVITIES, mongo)

    async def list_of_account(self, account_id: str, *, limit: int, after: After = None) -> list[UserActivity]:
        """A person's sessions hour by hour, newest first."""
        return await self._activities.find(ACTIVITY_OF_ACCOUNT, limit=limit, after=after, account_id=account_id)

    async def list_between(self, start: datetime, end: datetime, *, limit: int) -> list[UserActivity]:
        """Everybody's sessions that began an hour in `start` ≤ hour < `end`, oldest first."""
        return await self._activities.find(ACTIVITY_BETWEEN, limit=limit, start=start, end=end)
