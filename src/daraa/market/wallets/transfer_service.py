"""Transfers from customer to customer: both wallets change in one transaction, together with the request's answer."""

from daraa.collections.accounts import AccountStatus, Role
from daraa.collections.wallets import Wallet, WalletKind
from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.money import Money
from daraa.kernel.time import SYSTEM_CLOCK, Clock
from daraa.market.actor import Actor
from daraa.market.found import required
from daraa.market.idempotency.service import Answer, Claim, Idempotency
from daraa.market.wallets import answers, errors, postings
from daraa.market.wallets.ledger_service import Ledger
from daraa.market.wallets.repository import OwnerRepository, WalletRepository
from daraa.market.wallets.service import Wallets
from daraa.stores.mongo import Mongo
from daraa.stores.mongo.session import Session

LONGEST_S = 5.0
"""How long a transfer waits for others on the same wallets, in seconds; below a client's patience."""


class Transfers:
    """Sends money between customers' wallets of one currency."""

    def __init__(
        self, mongo: Mongo, wallets: Wallets, ledger: Ledger, idempotency: Idempotency, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._mongo = mongo
        self._wallets = wallets
        self._ledger = ledger
        self._idempotency = idempotency
        self._repository = WalletRepository(mongo)
        self._owners = OwnerRepository(mongo)
        self._clock = clock

    async def send(
        self,
        actor: Actor,
        wallet_id: str,
        amount: Money,
        claim: Claim,
        *,
        to_phone: str | None = None,
        to_wallet: str | None = None,
        note: str | None = None,
    ) -> Answer:
        """Pay from the actor's wallet into that of a phone number's owner, or into a wallet by its id.

        `market.thing.missing` for an unknown recipient, a store, a courier, and a wallet of another currency;
        `wallets.transfer.self`, `wallets.currency.other`, `wallets.balance.short`, `wallets.wallet.frozen`.
        """
        payer = await self._wallets.get_mine(actor, wallet_id)
        if payer.currency != amount.currency:
            raise errors.currency_other(amount.currency, payer.currency)
        payee = await self._payee(to_phone, to_wallet, amount.currency)
        if payee.id == payer.id:
            raise DaraaError(
                errors.TO_ONESELF,
                "The money is in this wallet already.",
                hint="Name somebody else.",
                ar="المال في هذه المحفظة أصلا؛ اختر مستلما آخر.",
            )
        transfer_id, now = new_id("trf"), self._clock.now()
        posting = postings.transferred(transfer_id, payer.id, payee.id, amount, note)

        async def work(session: Session) -> Answer:
            journals = await self._ledger.post(session, [posting], actor=actor, now=now)
            after = await self._repository.get(payer.id, session=session)
            body = {
                "id": transfer_id,
                "journal_id": journals[0].id,
                "amount": answers.money(amount),
                "available": {"amount": after.available, "currency": after.currency},
                "created_at": now.isoformat(),
            }
            done = Answer({"data": body}, 201, location=f"/v1/wallets/{payer.id}/entries")
            await self._idempotency.keep(claim, done, session=session)
            return done

        return await self._mongo.in_transaction(work, longest_s=LONGEST_S)

    async def _payee(self, phone: str | None, wallet_id: str | None, currency: str) -> Wallet:
        if wallet_id is not None:
            wallet = await self._repository.find(wallet_id)
            fits = wallet is not None and wallet.kind is WalletKind.CUSTOMER and wallet.currency == currency
            return required(wallet if fits else None, "recipient")
        account = await self._owners.find_by_phone(phone or "")
        able = account is not None and account.status is AccountStatus.ACTIVE and Role.CUSTOMER in account.roles
        payee = required(account if able else None, "recipient")
        return await self._wallets.get_or_open(payee.id, WalletKind.CUSTOMER, currency)
