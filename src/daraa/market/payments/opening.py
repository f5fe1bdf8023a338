"""Makes the parts of this capability over one database and one provider."""

from dataclasses import dataclass

from daraa.kernel.settings import Settings
from daraa.market.audit.service import Audit
from daraa.market.payments.intent_service import Intents
from daraa.market.payments.refund_service import Refunds
from daraa.market.payments.service import Payments
from daraa.stores.mongo import Mongo
from daraa.stores.providers import CardProvider, open_provider


@dataclass(frozen=True, slots=True)
class PaymentParts:
    """The services of payments."""

    payments: Payments
    intents: Intents
    refunds: Refunds

    @property
    def services(self) -> tuple[Payments, Intents, Refunds]:
        """All of them, for the assembly."""
        return self.payments, self.intents, self.refunds


def open_payments(mongo: Mongo, settings: Settings, audit: Audit, provider: CardProvider | None = None) -> PaymentParts:
    """The services; without a provider, that of the settings. Connects to nothing yet."""
    provider = provider or open_provider(settings)
    return PaymentParts(
        Payments(mongo, settings.payments),
        Intents(mongo, provider, settings.payments, audit),
        Refunds(mongo, provider, audit),
    )
