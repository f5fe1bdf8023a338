"""Puts the services of wallets together for the assembly."""

from dataclasses import dataclass
from typing import Any

from daraa.market.audit.service import Audit
from daraa.market.idempotency.service import Idempotency
from daraa.market.payments.service import Payments
from daraa.market.wallets.earnings_service import Earnings
from daraa.market.wallets.ledger_service import Ledger
from daraa.market.wallets.release_service import Releases
from daraa.market.wallets.reversal_service import Reversals
from daraa.market.wallets.rule_service import CommissionRules
from daraa.market.wallets.service import Wallets
from daraa.market.wallets.topup_service import TopUps
from daraa.market.wallets.transfer_service import Transfers
from daraa.market.wallets.withdrawal_service import Withdrawals
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.outbox import Consumer


@dataclass(frozen=True, slots=True)
class WalletParts:
    """What checkout and closing need by name, all services, and who waits for events."""

    ledger: Ledger
    wallets: Wallets
    earnings: Earnings
    services: tuple[Any, ...]
    consumers: tuple[Consumer, ...]


def open_wallets(mongo: Mongo, audit: Audit, idempotency: Idempotency, payments: Payments) -> WalletParts:
    """The services over one database; opens nothing by itself."""
    ledger, wallets, earnings = Ledger(mongo), Wallets(mongo, audit), Earnings(mongo)
    topups = TopUps(mongo, wallets, ledger, payments, idempotency)
    services = (
        ledger,
        wallets,
        earnings,
        topups,
        Transfers(mongo, wallets, ledger, idempotency),
        Withdrawals(mongo, wallets, ledger, audit, idempotency),
        Releases(mongo, ledger),
        Reversals(mongo, ledger, audit),
        CommissionRules(mongo, audit, idempotency),
    )
    return WalletParts(ledger, wallets, earnings, services, topups.consumers())
