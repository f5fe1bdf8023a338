"""What the steps of one run share: its settings, its folder, its parts, and where it speaks to."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from daraa.kernel.settings import OTHER_VARIABLES, Settings, describe
from daraa.ops.stack.folder import StateFolder
from daraa.ops.stack.supervisor import Say, Supervisor


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the platform; after the stores were started its settings hold their addresses."""

    settings: Settings
    folder: StateFolder
    parts: Supervisor
    say: Say

    @property
    def logs(self) -> Path:
        """Where every part writes."""
        return self.settings.home / "logs"

    @property
    def api_url(self) -> str:
        """Where the API answers."""
        return f"http://{self.settings.api.host}:{self.settings.api.port}"

    @property
    def env(self) -> Mapping[str, str]:
        """The environment of our own processes: settings, never a secret."""
        ours = {item.env: str(item.value) for item in describe(self.settings) if item.value != item.default}
        theirs = {name: text for name, text in os.environ.items() if not name.startswith("DARAA_")}
        kept = {name: text for name, text in os.environ.items() if name in OTHER_VARIABLES}
        return theirs | kept | ours | {"DARAA_HOME": str(self.settings.home)}
