"""The supervisor over small real processes: what dies comes back, what keeps dying ends all, and all end in order."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from daraa.kernel.errors import DaraaError
from daraa.ops.stack import folder as folder_module
from daraa.ops.stack.restarts import restart_delay
from daraa.ops.stack.supervisor import Supervisor
from daraa.stores.process import Child

pytestmark = pytest.mark.anyio
SLEEPS = "import time; time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def soon(deaths: Sequence[float], now: float) -> float | None:
    """The real rule, with its pauses a hundredth as long."""
    delay = restart_delay(deaths, now)
    return None if delay is None else delay / 100


class Stage:
    """A supervisor with what it said."""

    def __init__(self, home: Path) -> None:
        self.said: list[str] = []
        self.home = home
        self.parts = Supervisor(home, self.said.append, soon)

    async def add(self, name: str, program: str = SLEEPS, **options) -> Child:
        child = Child(name, [sys.executable, "-c", program], log_path=self.home / f"{name}.log", **options)
        await self.parts.start(child, "here")
        return child


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    made = Stage(tmp_path)
    yield made
    hurry = asyncio.Event()
    hurry.set()
    await made.parts.stop(hurry)


async def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def test_a_killed_part_is_started_again_and_the_others_are_left_alone(stage: Stage) -> None:
    one, two = await stage.add("one"), await stage.add("two")
    killed, untouched = one.pid, two.pid
    watching = asyncio.ensure_future(stage.parts.watch())
    os.kill(killed, signal.SIGKILL)
    await until(lambda: any(line.endswith("again") for line in stage.said))
    assert one.running
    assert one.pid != killed
    assert two.pid == untouched
    assert any(line.startswith("! one ended by SIGKILL") for line in stage.said)
    watching.cancel()


async def test_the_fourth_death_in_a_minute_is_raised_as_itself(stage: Stage) -> None:
    child = await stage.add("crasher")
    watching = asyncio.ensure_future(stage.parts.watch())
    for _ in range(4):
        await until(lambda: child.running or watching.done())
        os.kill(child.pid, signal.SIGKILL)
        await until(lambda: not child.running)
    with pytest.raises(DaraaError, match=r"crasher ended by SIGKILL.*4 times within a minute") as lost:
        await watching
    assert lost.value.code == "stack.child.lost"


async def test_a_part_that_cannot_be_started_again_counts_as_dying(stage: Stage, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    child = await stage.add("trapped", f"import os, time; os.path.exists({str(trap)!r}) and exit(7); time.sleep(60)")
    trap.touch()
    os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(DaraaError, match="trapped ended with exit status 7"):
        await asyncio.wait_for(stage.parts.watch(), 10)


async def test_a_death_during_the_start_is_raised_at_once(stage: Stage) -> None:
    child = await stage.add("early")
    assert stage.parts.dead() is None
    os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(DaraaError, match="early ended by SIGKILL"):
        await asyncio.wait_for(stage.parts.until_death(), 30)


async def test_parts_are_stopped_in_the_reverse_of_their_order_also_one_that_never_became_ready(stage: Stage) -> None:
    async def never() -> bool:
        return False

    await stage.add("first")
    await stage.add("second")
    with pytest.raises(DaraaError, match="third was not ready"):
        await stage.add("third", ready=never, ready_within_s=0.2)
    stage.said.clear()
    await stage.parts.stop(asyncio.Event())
    assert stage.said == ["  second stopped", "  first stopped"]


async def test_a_hurried_stop_waits_for_nobody(stage: Stage) -> None:
    child = await stage.add("deaf", DEAF)
    await until(lambda: child.log_tail() == ["up"])
    hurry = asyncio.Event()
    stopping = asyncio.ensure_future(stage.parts.stop(hurry))
    await asyncio.sleep(0.2)
    assert child.running
    began = time.monotonic()
    hurry.set()
    await stopping
    assert not child.running
    assert time.monotonic() - began < 2
    assert stage.said[-1] == "  deaf stopped the hard way"


async def test_a_disk_that_runs_full_ends_the_watch_and_says_so(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.add("writer")
    monkeypatch.setattr(folder_module, "ALMOST_NOTHING_MB", 10**9)
    with pytest.raises(DaraaError, match=r"The disk of .* is full") as full:
        await asyncio.wait_for(stage.parts.watch(), 5)
    assert full.value.code == "stack.disk.full"
