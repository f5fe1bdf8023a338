"""Where `make tools` puts the programs it builds: a cache folder outside the checkout, a sub-folder per version."""

import os
import re
from collections.abc import Mapping
from pathlib import Path


def tools_folder(env: Mapping[str, str]) -> Path:
    """`DARAA_TOOLS`, else `daraa/tools` in the user's cache folder; need not exist."""
    if chosen := env.get("DARAA_TOOLS"):
        return Path(chosen).expanduser()
    cache = env.get("XDG_CACHE_HOME") or str(Path(env.get("HOME") or "~").expanduser() / ".cache")
    return Path(cache) / "daraa" / "tools"


def find_tool(tools: Path, name: str, program: str) -> Path | None:
    """The program of the newest version of a tool: `<tools>/<name>-<version>/bin/<program>`; None when not built."""
    found = [path for path in tools.glob(f"{name}-*/bin/{program}") if path.is_file() and os.access(path, os.X_OK)]
    return max(found, key=lambda path: _version_key(path.parent.parent.name.removeprefix(f"{name}-")), default=None)


def _version_key(version: str) -> list[tuple[int, int, str]]:
    # Numbers compare as numbers (beta.9 < beta.196), and a release comes after its own pre-releases.
    parts: list[tuple[int, int, str]] = []
    for part in re.findall(r"\d+|[a-zA-Z]+", version):
        parts.append((1, int(part), "") if part.isdigit() else (-1, 0, part))
    return [*parts, (0, 0, "")]
