"""When the market's own sweepers run; what they do is the capabilities' business."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from daraa.jobs.registry import Job, JobContext
from daraa.market.accounts.service import Accounts
from daraa.market.assembly import Market, opened_market
from daraa.market.carts.service import Carts
from daraa.market.catalog.follow_service import Following
from daraa.market.delivery.task_service import Tasks
from daraa.market.notifications.service import Notifications
from daraa.market.payments.intent_service import Intents
from daraa.market.payments.refund_service import Refunds
from daraa.market.wallets.release_service import Releases


def _duty(name: str, purpose: str, every: timedelta, sweep: Callable[[Market], Awaitable[Mapping[str, int]]]) -> Job:
    """A job that calls one sweeper; a sweep that fails or dies is simply run again."""

    async def run(context: JobContext) -> Mapping[str, object]:
        async with opened_market(context.mongo, context.settings) as market:
            return dict(await sweep(market))

    return Job(name=name, purpose=purpose, run=run, every=every, timeout_s=300)


MARKET_JOBS: tuple[Job, ...] = (
    _duty(
        "catalog.follow_stores",
        "Lets products take over the name and state of their store, in batches; it is run again until all do.",
        timedelta(seconds=5),
        lambda market: market.get(Following).sweep_stores(),
    ),
    _duty(
        "catalog.follow_categories",
        "Lets what is below a category that moved take over its new place, in batches.",
        timedelta(seconds=5),
        lambda market: market.get(Following).sweep_categories(),
    ),
    _duty(
        "delivery.sweep_offers",
        "Takes back offers that no courier answered in time, and offers waiting tasks to the next courier.",
        timedelta(seconds=5),
        lambda market: market.get(Tasks).sweep_offers(),
    ),
    _duty(
        "accounts.sweep_suspensions",
        "Lets accounts in again whose suspension is over.",
        timedelta(minutes=1),
        lambda market: market.get(Accounts).sweep_suspensions(),
    ),
    _duty(
        "payments.sweep_intents",
        "Asks the card provider about payments that it has not spoken of, and ends those whose time is over.",
        timedelta(seconds=15),
        lambda market: market.get(Intents).sweep_intents(),
    ),
    _duty(
        "payments.sweep_refunds",
        "Has the card provider make the refunds that are due, each once.",
        timedelta(seconds=15),
        lambda market: market.get(Refunds).sweep_refunds(),
    ),
    _duty(
        "notifications.sweep_messages",
        "Sends the push messages, SMS and mails that are due, each once.",
        timedelta(seconds=5),
        lambda market: market.get(Notifications).sweep_messages(),
    ),
    _duty(
        "wallets.sweep_releases",
        "Gives stores what they earned once the return window is over and the cash of the order is in a hub.",
        timedelta(minutes=5),
        lambda market: market.get(Releases).sweep_releases(),
    ),
    _duty(
        "carts.sweep_placements",
        "Gives carts back whose checkout never ended, and releases what it held.",
        timedelta(seconds=10),
        lambda market: market.get(Carts).sweep_placements(),
    ),
    _duty(
        "carts.sweep_idle",
        "Abandons carts that nobody touched for seven days; the server deletes them then.",
        timedelta(hours=1),
        lambda market: market.get(Carts).sweep_idle(),
    ),
)
