"""The operator's duties that run by the clock; the product's own jobs are registered by the worker."""

import logging
from collections.abc import Mapping

from daraa.jobs.backup_duties import backup_duties
from daraa.jobs.registry import Job, JobContext, Registry
from daraa.jobs.stream_duty import BACKUP_STREAM
from daraa.kernel.settings import Settings
from daraa.ops.schema.observe import observe
from daraa.ops.schema.plan import pending, plan_schema
from daraa.ops.schema.wanted import wanted

_LOG = logging.getLogger(__name__)
NAMED = 10


async def find_drift(context: JobContext) -> Mapping[str, object]:
    """How many steps lie between the live database and its declaration, and the first ten by name."""
    live = await observe(context.mongo)
    steps = pending(plan_schema(wanted(), live, live.recorded.text))
    if not steps:
        return {"pending": 0}
    named = ", ".join(f"{step.kind} {step.name}" for step in steps[:NAMED])
    _LOG.error("the database differs from its declaration in %d points: %s; see `daraa schema plan`", len(steps), named)
    return {"pending": len(steps), "steps": named}


SCHEMA_DRIFT = Job(
    name="schema.drift",
    purpose="Compares the live database with the declarations, and says in the log what differs.",
    run=find_drift,
    cron="7 * * * *",
    timeout_s=120,
)


def register_operator_jobs(registry: Registry, settings: Settings) -> None:
    """Add every duty of the operator that this machine can do to what this process runs."""
    registry.register(SCHEMA_DRIFT)
    for duty in backup_duties(settings):
        registry.register(duty)
    if settings.backup.stream:
        registry.register(BACKUP_STREAM)
