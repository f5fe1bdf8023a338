"""`python -m bench [api|load|backup] [--sizes 10000,…]` or `python -m bench checkout [--rate 4] [--seconds 20]`."""

import argparse

from bench import api, backup, checkout, load

SIZES = {"api": [10_000, 100_000, 1_000_000], "load": [900, 90_000], "backup": [25_000]}
"""Numbers of products; the loader writes about eleven documents for each, so its sizes are 10 k and 1 M documents."""


def main() -> None:
    """Run one bench, or all that compare sizes."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("which", nargs="?", choices=["api", "load", "backup", "all", "checkout"], default="all")
    parser.add_argument("--sizes", help="api, load, backup: numbers of products, e.g. 10000,100000")
    parser.add_argument("--rate", type=float, default=4, help="checkout: checkouts a second of the first load")
    parser.add_argument("--seconds", type=float, default=20, help="checkout: how long each load lasts")
    parser.add_argument("--steps", type=int, default=10, help="checkout: most loads, each half as fast again")
    parser.add_argument("--processes", type=int, default=2, help="checkout: API processes")
    given = parser.parse_args()
    if given.which == "checkout":
        checkout.bench(given)
        return
    benches = {"api": api.bench, "load": load.bench, "backup": backup.bench}
    for name, bench in benches.items():
        if given.which in (name, "all"):
            bench(sorted(map(int, given.sizes.split(","))) if given.sizes else SIZES[name])


if __name__ == "__main__":
    main()
