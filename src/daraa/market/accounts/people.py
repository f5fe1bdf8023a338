"""What accounts need of the profiles above them: named here, so that the import goes one way only."""

from datetime import datetime
from typing import Protocol

from daraa.collections.accounts import Account
from daraa.stores.mongo.session import Session


class People(Protocol):
    """Who opens and reads the profiles that belong to accounts."""

    async def open_customer(self, session: Session, account: Account, now: datetime) -> None:
        """Add the customer profile of a new account, in the transaction that makes it."""
        ...

    async def admin_rights(self, account_id: str, ip: str) -> frozenset[str] | None:
        """What an active admin may do from that address, as `resource:action`; None for everybody else."""
        ...
