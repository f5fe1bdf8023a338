"""The front door of accounts: who an access token belongs to."""

from daraa.kernel.settings import Settings
from daraa.market.actor import Actor, login_needed
from daraa.market.audit.service import Audit
from daraa.stores.mongo import Mongo
from daraa.stores.redis import KeyValue


class Accounts:
    """Replaced within the hour."""

    def __init__(self, mongo: Mongo, state: KeyValue, settings: Settings, audit: Audit) -> None:
        self._mongo = mongo

    async def identify(self, token: str | None, *, ip: str, request_id: str) -> Actor:
        """Nobody yet."""
        raise login_needed()
