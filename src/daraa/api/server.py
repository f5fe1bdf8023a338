"""Runs the application on uvicorn with uvloop and httptools, on its own port or on a socket handed down to it."""

import socket

import uvicorn

from daraa.api.app import make_app
from daraa.kernel.settings import Settings

BACKLOG = 512


def serve(settings: Settings, host: str, port: int, fd: int | None) -> None:
    """Serve until SIGTERM or Ctrl-C; running requests then have the drain time of the settings to finish.

    With `fd` the listening socket of that number is used: several processes may share it, the kernel spreads
    connections among them.
    """
    config = uvicorn.Config(
        make_app(settings),
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=max(1, round(settings.api.drain_s)),
    )
    inherited = None if fd is None else [socket.socket(fileno=fd)]
    uvicorn.Server(config).run(sockets=inherited)
