"""Whether a port is free and, if not, who has it: a busy port is the commonest reason why nothing starts."""

import errno
import os
import socket
from contextlib import suppress
from pathlib import Path

from daraa.kernel.errors import DaraaError
from daraa.stores.process.errors import PORT_BUSY


def port_is_free(host: str, port: int) -> bool:
    """True when a server could listen on this TCP port now."""
    try:
        _bound(host, port).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        raise
    return True


def require_free_port(host: str, port: int, name: str, setting: str) -> None:
    """Raise `process.port.busy` naming the holder when `name` could not listen; `setting` says where to change it."""
    if not port_is_free(host, port):
        raise _busy(host, port, name, setting)


def bind_listener(
    host: str, port: int, *, name: str = "a server", setting: str = "the port", backlog: int = 512
) -> socket.socket:
    """A listening TCP socket that several worker processes may share; raises `process.port.busy`.

    The socket is inheritable only when the caller passes it on by its file descriptor.
    """
    try:
        listener = _bound(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise _busy(host, port, name, setting) from error
        raise
    listener.listen(backlog)
    return listener


def who_holds(port: int) -> str | None:
    """`name (pid 123)` of the process that listens on this TCP port, when the system lets us see it."""
    inodes = {inode for table in ("tcp", "tcp6") for inode in _listening_inodes(Path("/proc/net") / table, port)}
    if not inodes:
        return None
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and _holds_any(process, inodes):
            with suppress(OSError):
                return f"{(process / 'comm').read_text().strip()} (pid {process.name})"
    return None


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        # As servers do: connections still in TIME_WAIT after a restart must not count as "in use".
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        # Two sockets may be bound with SO_REUSEADDR; only one may listen.
        sock.listen(1)
    except BaseException:
        sock.close()
        raise
    return sock


def _busy(host: str, port: int, name: str, setting: str) -> DaraaError:
    holder = who_holds(port)
    return DaraaError(
        PORT_BUSY,
        f"{name} cannot listen on {host}:{port}: the port is held by {holder or 'another process'}.",
        hint=f"Stop that process, or choose another port with {setting}.",
        port=port,
    )


def _listening_inodes(table: Path, port: int) -> set[str]:
    wanted = f":{port:04X}"
    found: set[str] = set()
    with suppress(OSError):
        for line in table.read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[1].endswith(wanted):
                found.add(f"socket:[{fields[9]}]")
    return found


def _holds_any(process: Path, inodes: set[str]) -> bool:
    try:
        handles = list((process / "fd").iterdir())
    except OSError:
        return False
    for handle in handles:
        with suppress(OSError):
            if os.readlink(handle) in inodes:
                return True
    return False
