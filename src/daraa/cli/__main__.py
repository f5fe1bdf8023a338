"""Lets `python -m daraa.cli` be the `daraa` command, which the supervisor uses."""

from daraa.cli import main

main()
