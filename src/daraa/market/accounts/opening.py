"""Puts the parts of logging in together from the settings; a missing secret is told at once."""

from dataclasses import dataclass

from daraa.kernel.settings import Settings
from daraa.market.accounts.address_limit import AddressLimit
from daraa.market.accounts.codes import CodeHasher
from daraa.market.accounts.codes_service import Codes
from daraa.market.accounts.hashing import Hasher
from daraa.market.accounts.login_service import Limits, Logins
from daraa.market.accounts.password_service import Passwords
from daraa.market.accounts.people import People
from daraa.market.accounts.service import Accounts
from daraa.market.accounts.tokens import Tokens
from daraa.market.audit.service import Audit
from daraa.stores.messages import open_sms
from daraa.stores.mongo import Mongo
from daraa.stores.redis import KeyValue


@dataclass(frozen=True, slots=True)
class OpenedAccounts:
    """The services of this capability."""

    accounts: Accounts
    logins: Logins
    passwords: Passwords


def open_accounts(mongo: Mongo, state: KeyValue, settings: Settings, audit: Audit, people: People) -> OpenedAccounts:
    """The services over one database and one Redis; opens nothing by itself."""
    tokens = Tokens(settings.secret("token_key").get_secret_value().encode())
    hasher = CodeHasher(settings.secret("otp_pepper").get_secret_value().encode())
    bounds, prefix = settings.accounts, settings.mongo.database
    limits = Limits(
        AddressLimit(state, f"{prefix}:codes", most=bounds.codes_per_address),
        AddressLimit(state, f"{prefix}:logins", most=bounds.logins_per_address),
    )
    accounts = Accounts(mongo, audit, tokens)
    passwords = Passwords(mongo, accounts, audit, Hasher())
    codes = Codes(mongo, open_sms(settings), hasher)
    logins = Logins(mongo, accounts, audit, tokens, codes, passwords, people, limits, bounds.currency)
    return OpenedAccounts(accounts, logins, passwords)
