"""`python -m bench [api|load] [--sizes 10000,100000]`: what `make bench` runs."""

import argparse

from bench import api, load

SIZES = {"api": [10_000, 100_000, 1_000_000], "load": [900, 90_000]}
"""Numbers of products; the loader writes about eleven documents for each, so its sizes are 10 k and 1 M documents."""


def main() -> None:
    """Run one bench, or all."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("which", nargs="?", choices=["api", "load", "all"], default="all")
    parser.add_argument("--sizes", help="numbers of products, e.g. 10000,100000")
    given = parser.parse_args()
    benches = {"api": api.bench, "load": load.bench}
    for name, bench in benches.items():
        if given.which in (name, "all"):
            bench(sorted(map(int, given.sizes.split(","))) if given.sizes else SIZES[name])


if __name__ == "__main__":
    main()
