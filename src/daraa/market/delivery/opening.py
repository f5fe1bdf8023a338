"""Makes the parts of this capability over one database."""

from dataclasses import dataclass
from typing import Any

from daraa.kernel.settings import Settings
from daraa.market.audit.service import Audit
from daraa.market.delivery.courier_service import Couriers, Roles
from daraa.market.delivery.pin import Pins
from daraa.market.delivery.service import Delivery
from daraa.market.delivery.task_service import Tasks
from daraa.market.delivery.zone_service import Zones
from daraa.stores.mongo import Mongo


@dataclass(frozen=True, slots=True)
class DeliveryParts:
    """The services of delivery."""

    delivery: Delivery
    zones: Zones
    couriers: Couriers
    tasks: Tasks

    @property
    def services(self) -> tuple[Any, ...]:
        """All of them, for the assembly."""
        return self.delivery, self.zones, self.couriers, self.tasks


def open_delivery(mongo: Mongo, settings: Settings, audit: Audit, roles: Roles) -> DeliveryParts:
    """The services; a missing secret `pin_key` is told at once."""
    delivery = Delivery(mongo)
    couriers = Couriers(mongo, audit, roles, delivery)
    pins = Pins(settings.secret("pin_key").get_secret_value().encode())
    return DeliveryParts(
        delivery, Zones(mongo, audit, delivery), couriers, Tasks(mongo, audit, couriers, delivery, pins)
    )
