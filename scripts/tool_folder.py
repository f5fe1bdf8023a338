"""Says where pinned tools live: outside the checkout, so that every clone shares them."""

from __future__ import annotations

from pathlib import Path


def tools_folder(env: dict[str, str]) -> Path:
    """`DARAA_TOOLS`, else the user's cache folder; each tool is `<name>-<version>/bin/` in it."""
    if chosen := env.get("DARAA_TOOLS"):
        return Path(chosen)
    home = Path(env.get("HOME") or Path.home())
    return Path(env.get("XDG_CACHE_HOME") or home / ".cache") / "daraa" / "tools"
