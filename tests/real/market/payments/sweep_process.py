"""One sweep of the refunds in a process that a test may have killed."""

import asyncio

from daraa.kernel.settings import load_settings
from daraa.market.audit.service import Audit
from daraa.market.payments.opening import open_payments
from daraa.stores.mongo import open_mongo


async def main() -> None:
    settings = load_settings()
    mongo = open_mongo(settings, "app")
    try:
        await open_payments(mongo, settings, Audit(mongo)).refunds.sweep_refunds()
    finally:
        await mongo.close()


asyncio.run(main())
