"""A child process becomes ready, or says why not, and never outlives us."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from daraa.kernel.errors import DaraaError
from daraa.stores.process import Child

pytestmark = pytest.mark.anyio


def python(tmp_path: Path, program: str, **options) -> Child:
    return Child("sample", [sys.executable, "-u", "-c", program], log_path=tmp_path / "logs" / "sample.log", **options)


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def gone_within(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not is_gone(pid) and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    return is_gone(pid)


async def test_start_returns_when_the_probe_says_ready(tmp_path: Path) -> None:
    mark = tmp_path / "ready"

    async def ready() -> bool:
        return mark.exists()

    child = python(
        tmp_path, f"import time; time.sleep(0.3); open({str(mark)!r}, 'w').close(); time.sleep(60)", ready=ready
    )
    async with child:
        assert mark.exists()
        assert child.running
    assert not child.running
    assert child.returncode == -signal.SIGTERM


async def test_an_early_death_is_told_with_status_and_last_words_of_this_start_only(tmp_path: Path) -> None:
    child = python(tmp_path, "print('from the first start')")
    child.spawn()
    await child.wait()

    async def never() -> bool:
        return False

    child = python(tmp_path, "import sys; print('disk is full'); sys.exit(3)", ready=never)
    with pytest.raises(DaraaError) as died:
        await child.start()
    assert died.value.code == "process.child.died"
    assert "exit status 3" in died.value.message
    assert "disk is full" in died.value.message
    assert "first start" not in died.value.message


async def test_a_death_by_signal_is_told_by_the_signals_name(tmp_path: Path) -> None:
    child = python(tmp_path, "import os; os.kill(os.getpid(), 9)")
    child.spawn()
    await child.wait()
    assert "SIGKILL" in child.death().message


async def test_a_child_that_never_gets_ready_is_stopped_after_its_time(tmp_path: Path) -> None:
    async def hangs() -> bool:
        await asyncio.sleep(60)
        return True

    child = python(tmp_path, "import time; time.sleep(60)", ready=hangs, ready_within_s=0.3)
    started = time.monotonic()
    with pytest.raises(DaraaError) as late:
        await child.start()
    assert late.value.code == "process.child.not_ready"
    assert time.monotonic() - started < 5
    assert not child.running


async def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    child = Child("database", ["no-such-program-here"], log_path=tmp_path / "log")
    with pytest.raises(DaraaError) as missing:
        await child.start()
    assert missing.value.code == "process.child.missing"
    assert "no-such-program-here" in missing.value.message


async def test_a_child_deaf_to_sigterm_is_killed_with_all_it_started(tmp_path: Path) -> None:
    program = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid); time.sleep(60)"
    )

    async def ready() -> bool:
        return bool(child.log_tail())

    child = python(tmp_path, program, ready=ready, stop_within_s=0.3)
    await child.start()
    grandchild = int(child.log_tail()[0])
    assert not is_gone(grandchild)
    assert await child.stop() == -signal.SIGKILL
    assert await gone_within(grandchild, 2)
    assert await child.stop() == -signal.SIGKILL


async def test_what_a_dead_child_left_running_ends_when_its_death_is_noticed(tmp_path: Path) -> None:
    program = (
        "import subprocess, sys;"
        "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid, flush=True)"
    )
    child = python(tmp_path, program)
    child.spawn()
    assert await child.wait() == 0
    assert await gone_within(int(child.log_tail()[0]), 2)


async def test_a_child_may_be_started_again_but_not_twice_at_once(tmp_path: Path) -> None:
    child = python(tmp_path, "import time; time.sleep(60)")
    await child.start()
    first = child.pid
    with pytest.raises(DaraaError) as twice:
        await child.start()
    assert twice.value.code == "process.child.running"
    child.kill()
    await child.start()
    assert child.pid != first
    await child.stop()


async def test_waiting_costs_nothing_and_ends_with_the_process(tmp_path: Path) -> None:
    child = python(tmp_path, "import time; time.sleep(0.3); raise SystemExit(5)")
    await child.start()
    assert await asyncio.wait_for(child.wait(), 10) == 5
    assert await child.wait() == 5


async def test_the_log_is_private(tmp_path: Path) -> None:
    async with python(tmp_path, "import time; time.sleep(60)") as child:
        assert child.log_path.stat().st_mode & 0o777 == 0o600


async def test_a_child_dies_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    parent = f"""
import asyncio, sys, time
from pathlib import Path
from daraa.stores.process import Child
child = Child("sample", [sys.executable, "-c", "import time; time.sleep(60)"], log_path=Path({str(tmp_path)!r}) / "log")
asyncio.run(child.start())
print(child.pid, flush=True)
time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        child = int(await asyncio.to_thread(process.stdout.readline))
        assert not is_gone(child)
        os.kill(process.pid, signal.SIGKILL)
        assert await gone_within(child, 3)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
