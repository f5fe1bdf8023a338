"""People who work for the platform: an admin is made on the server's own command line, never over HTTP."""

from dataclasses import dataclass

from daraa.collections.accounts import Account, Role
from daraa.collections.admin_profiles import AdminProfile, AdminRole
from daraa.collections.parts import Locale
from daraa.declare.document import stamp
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.market.accounts.errors import ADMIN_EXISTS
from daraa.market.accounts.password_service import Passwords
from daraa.market.accounts.registration_service import Newcomer, Registration
from daraa.market.accounts.service import Accounts
from daraa.market.actor import JOB
from daraa.market.audit.service import Audit
from daraa.market.profiles.grants import ALONE_MINOR_UNITS, DEFAULT_GRANTS
from daraa.market.profiles.repository import AdminRepository
from daraa.market.profiles.service import Profiles
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.server_time import server_now
from daraa.stores.mongo.session import Session

MOST_SHOWN = 1000


@dataclass(frozen=True, slots=True)
class Employee:
    """An admin with the account behind."""

    account: Account
    profile: AdminProfile


class Staff:
    """Admins."""

    def __init__(
        self, mongo: Mongo, accounts: Accounts, profiles: Profiles, passwords: Passwords, audit: Audit, currency: str
    ) -> None:
        self._mongo, self._accounts, self._passwords, self._audit = mongo, accounts, passwords, audit
        self._registration = Registration(mongo, profiles)
        self._admins = AdminRepository(mongo)
        self._currency = currency

    async def create_admin(self, phone: str, name: str, password: str, role: AdminRole) -> Employee:
        """Make an admin with the usual rights of the role, of a new number or of somebody who has an account.

        `accounts.admin.exists` for an admin; `accounts.password.weak` for a password that is easily guessed. All
        devices of an account that becomes an admin are logged out.
        """
        hashed = await self._passwords.hash(password, phone)
        now = await server_now(self._mongo)

        async def work(session: Session) -> Employee:
            known = await self._accounts.find_by_phone(phone)
            if known is not None and await self._admins.find_by_account(known.id) is not None:
                raise DaraaError(
                    ADMIN_EXISTS, "This number belongs to an admin already.", hint="See `daraa people list`."
                )
            newcomer = Newcomer(
                phone, name, Locale.AR, self._currency, verified=False, roles=(Role.ADMIN,), password_hash=hashed
            )
            if known is None:
                account = await self._registration.add(session, newcomer, now)
            else:
                account = await self._accounts.make_admin(session, known.id, name, hashed, now)
            profile = AdminProfile(
                id=new_id("adm"),
                account_id=account.id,
                role=role,
                permissions=tuple(sorted(DEFAULT_GRANTS[role])),
                four_eyes_limit=Money(amount=ALONE_MINOR_UNITS[role], currency=self._currency),
                **stamp(now),
            )
            await self._admins.insert(profile, session=session)
            after = {"role": role.value, "permissions": list(profile.permissions)}
            await self._audit.record(session, JOB, "account.create_admin", "account", account.id, after=after)
            return Employee(account, profile)

        return await self._mongo.in_transaction(work)

    async def list_admins(self) -> list[Employee]:
        """All active admins, the mightiest first."""
        found = []
        for role in AdminRole:
            for profile in await self._admins.list_of_role(role, limit=MOST_SHOWN):
                found.append(Employee(await self._accounts.get(profile.account_id), profile))
        return found
