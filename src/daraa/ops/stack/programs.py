"""Starts our own long-running programs: the API's processes, which share one socket, the worker, the card provider."""

import socket
from functools import partial

from daraa.ops.stack.run import Run
from daraa.ops.stack.steps import daraa_argv
from daraa.ops.stack.together import Work, all_of
from daraa.stores.process import Child
from daraa.stores.process.http_probe import http_answers

# What a program needs beside the work that it may still finish.
_ENDING_S = 3.0


async def start_programs(run: Run, listener: socket.socket) -> bool:
    """Start the API's processes, the worker and, unless one is configured, the local card provider beside each other.

    True: the API answers when this returns.
    """
    listener.set_inheritable(True)
    handle = listener.fileno()
    children = [
        Child(
            f"api {number}",
            daraa_argv("api", "serve", "--fd", str(handle)),
            log_path=run.logs / f"api-{number}.log",
            env=run.env,
            pass_fds=(handle,),
            ready=partial(http_answers, f"{run.api_url}/health/ready"),
            ready_within_s=60.0,
            probe_every_s=0.1,
            stop_within_s=run.settings.api.drain_s + _ENDING_S,
        )
        for number in range(1, run.settings.api.workers + 1)
    ]
    worker = Child(
        "worker",
        daraa_argv("jobs", "work"),
        log_path=run.logs / "worker.log",
        env=run.env,
        stop_within_s=run.settings.jobs.drain_s + _ENDING_S,
    )
    await all_of(
        *_local_provider(run),
        *(run.parts.start(child, run.api_url) for child in children),
        run.parts.start(worker, "scheduled jobs and outbox"),
    )
    return True


def _local_provider(run: Run) -> list[Work]:
    if run.settings.payments.url:
        return []
    url = f"http://127.0.0.1:{run.settings.embedded.provider_port}"
    child = Child(
        "provider",
        daraa_argv("payments", "local-provider"),
        log_path=run.logs / "provider.log",
        env=run.env,
        ready=partial(http_answers, f"{url}/health"),
        probe_every_s=0.1,
        stop_within_s=_ENDING_S,
    )
    return [run.parts.start(child, f"card payments for development on {url}")]
