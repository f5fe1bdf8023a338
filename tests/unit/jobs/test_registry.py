"""Later duties only register, so a wrong registration must say at once what is wrong."""

from datetime import timedelta
from typing import Any

import pytest

from daraa.jobs.errors import JOB_UNKNOWN
from daraa.jobs.registry import Fence, Job, JobContext, Registry
from daraa.jobs.worker import register_product_jobs
from daraa.kernel.errors import DaraaError, DeclarationError


async def nothing(context: JobContext) -> str:
    return ""


def job(**words: Any) -> Job:
    return Job(
        **{
            "name": "backup.take",
            "purpose": "Takes a backup every night.",
            "run": nothing,
            "cron": "0 2 * * *",
            **words,
        }
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"cron": "0 2 * *"}, "five fields"),
        ({"cron": ""}, "either cron or every"),
        ({"every": timedelta(hours=1)}, "either cron or every"),
        ({"name": "Backup"}, "room.verb"),
        ({"name": "backup"}, "room.verb"),
        ({"purpose": "backup"}, "not a sentence"),
        ({"timeout_s": 0}, "duration"),
        ({"lease_s": -1}, "duration"),
        ({"timezone": "Mars/Base"}, "unknown time zone"),
    ],
)
def test_a_wrong_job_is_refused_when_it_is_written(words: dict[str, Any], says: str) -> None:
    with pytest.raises(DeclarationError, match=says):
        job(**words)


def test_a_name_is_registered_once() -> None:
    registry = Registry()
    registry.register(job())
    with pytest.raises(DeclarationError, match="registered twice"):
        registry.register(job())


def test_an_unknown_job_is_answered_with_the_nearest_names() -> None:
    registry = Registry()
    registry.register(job())
    with pytest.raises(DaraaError) as unknown:
        registry.get("backup.tak")
    assert unknown.value.code == JOB_UNKNOWN
    assert "backup.take" in unknown.value.hint


def test_jobs_are_listed_by_name() -> None:
    registry = Registry()
    for name in ("b.b", "a.a", "c.c"):
        registry.register(job(name=name))
    assert [each.name for each in registry] == ["a.a", "b.b", "c.c"]


def test_the_product_brings_its_own_jobs() -> None:
    registry = Registry()
    register_product_jobs(registry)
    assert "outbox.stuck" in registry


def test_a_fence_lets_equal_and_lower_tokens_through_only() -> None:
    assert Fence(7).guard() == {"fence": {"$lte": 7}}
    assert Fence(7).guard("lock.fence") == {"lock.fence": {"$lte": 7}}
