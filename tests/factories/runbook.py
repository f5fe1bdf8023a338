"""What the pages of the runbook tell operators to type."""

import re
from pathlib import Path

PAGES = Path(__file__).parents[2] / "docs/runbook"


def commands_of(page: str) -> list[tuple[str, int]]:
    """Every command of a page of the runbook in its order, with the exit status that it must have."""
    found: list[tuple[str, int]] = []
    for block in re.findall(r"^```console\n(.*?)^```", (PAGES / page).read_text(), re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], 0))
            else:
                found[-1] = (found[-1][0], int(line.removeprefix("exit status ")))
    return found
