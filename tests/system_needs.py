"""Skips for what a machine lacks, worded so that the closing report can name the Debian package."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

# The folders of daemons are not on an unprivileged user's PATH in Debian.
_DAEMON_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def program(name: str) -> str | None:
    """The program's path, also where Debian keeps daemons; None when it is not installed."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), *_DAEMON_FOLDERS]))


def missing(name: str, *, why: str, apt: str | None = None) -> NoReturn:
    """Skips the running test because `name` is not there; `apt` is the Debian package that brings it."""
    pytest.skip(_reason(name, why, apt), allow_module_level=True)


def require(name: str, *, why: str, apt: str | None = None) -> str:
    """The path of a program the test needs, or a skip that names the package."""
    return program(name) or missing(name, why=why, apt=apt)


def needs(name: str, *, why: str, apt: str | None = None) -> pytest.MarkDecorator:
    """A mark that skips the test where the program is not installed."""
    return pytest.mark.skipif(program(name) is None, reason=_reason(name, why, apt))


def _reason(name: str, why: str, apt: str | None) -> str:
    return f"{name} is not installed: {why}" + (f" (apt-get install {apt})" if apt else "")
