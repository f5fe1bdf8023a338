"""Opens the database as the migrator, with a message that helps when that account does not exist yet."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from daraa.kernel.errors import SECRET_MISSING, DaraaError
from daraa.kernel.settings import Settings
from daraa.ops.schema.errors import NO_ACCOUNT
from daraa.stores.mongo.client import Mongo, open_mongo
from daraa.stores.mongo.errors import DENIED


@asynccontextmanager
async def as_migrator(settings: Settings) -> AsyncIterator[Mongo]:
    """The database with the migrator's rights; `schema.account.missing` when it cannot log in."""
    lean = settings.mongo.model_copy(update={"pool_min": 0})
    try:
        mongo = open_mongo(settings.model_copy(update={"mongo": lean}), "migrator")
    except DaraaError as error:
        if error.code == SECRET_MISSING:
            raise _missing(error) from error
        raise
    try:
        try:
            await mongo.log_in()
        except DaraaError as error:
            if error.code == DENIED:
                raise _missing(error) from error
            raise
        yield mongo
    finally:
        await mongo.close()


def _missing(error: DaraaError) -> DaraaError:
    return DaraaError(
        NO_ACCOUNT,
        f"The schema is applied by the migrator account, which cannot log in: {error.message}",
        hint="Run `daraa accounts apply` first.",
    )
