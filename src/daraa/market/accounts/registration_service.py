"""Registration: a new account with everything that belongs to it, in one transaction."""

from dataclasses import dataclass
from datetime import datetime

from daraa.collections.accounts import Account, Role
from daraa.collections.identities import Identity, IdentityKind
from daraa.collections.parts import Locale
from daraa.collections.security_profiles import SecurityProfile
from daraa.declare.document import stamp
from daraa.kernel.ids import new_id
from daraa.market.accounts.people import People
from daraa.market.accounts.repository import AccountRepository
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.outbox import News, append_events
from daraa.stores.mongo.session import Session


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who registers. `verified` tells that the number was proved by a code."""

    phone: str
    name: str
    locale: Locale
    currency: str
    verified: bool
    roles: tuple[Role, ...] = (Role.CUSTOMER,)
    password_hash: str | None = None


class Registration:
    """Makes accounts."""

    def __init__(self, mongo: Mongo, people: People) -> None:
        self._mongo, self._people = mongo, people
        self._repository = AccountRepository(mongo)

    async def add(self, session: Session, newcomer: Newcomer, now: datetime) -> Account:
        """Account, claim on the number, security, customer profile and the event `account.registered`.

        `stores.key.duplicate` when the number is taken: the transaction is over, and the account is there to be read.
        """
        account = Account(
            id=new_id("acc"),
            phone=newcomer.phone,
            phone_verified_at=now if newcomer.verified else None,
            full_name=newcomer.name,
            password_hash=newcomer.password_hash,
            roles=newcomer.roles,
            locale=newcomer.locale,
            default_currency=newcomer.currency,
            **stamp(now),
        )
        identity = Identity(id=f"phone:{account.phone}", kind=IdentityKind.PHONE, account_id=account.id, **stamp(now))
        await self._repository.insert_account(account, identity, session=session)
        await self._repository.insert_security(SecurityProfile(id=account.id, **stamp(now)), session=session)
        if Role.CUSTOMER in account.roles:
            await self._people.open_customer(session, account, now)
        payload = {"account_id": account.id, "roles": list(account.roles), "locale": account.locale}
        news = News("account.registered", "account", account.id, account.ver, payload)
        await append_events(self._mongo, session, [news])
        return account
