"""When the market's own sweepers run; what they do is the capabilities' business."""

from collections.abc import Iterable

from daraa.jobs.registry import Job
from daraa.market.assembly import Market


def market_jobs(market: Market) -> Iterable[Job]:
    """Every sweeper of the assembled market as a job."""
    return ()
