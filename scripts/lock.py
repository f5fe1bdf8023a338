"""Resolves every extra of pyproject.toml into one hashed lock for Python 3.11-3.13, naming no index."""

from __future__ import annotations

import sys

from environment import LOCK, ROOT, find_uv, run_uv

ARGUMENTS = (
    *("pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--all-extras"),
    *("--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-annotate"),
    *("--custom-compile-command", "make lock"),
)


def main() -> int:
    """Keeps the versions already locked unless pyproject.toml asks otherwise; `--upgrade` raises them."""
    run_uv(find_uv(), *ARGUMENTS, "--output-file", str(LOCK), str(ROOT / "pyproject.toml"), *sys.argv[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main())
