"""`daraa <noun> <verb>`: one thin file per noun, loaded only when it is asked for."""

import importlib
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from daraa import __version__
from daraa.kernel.errors import DaraaError
from daraa.kernel.memory import give_large_blocks_back

NOUNS = {
    "up": "Start the whole platform on this machine and show it working.",
    "schema": "Compare the declared collections with the live database, and bring it in line.",
    "accounts": "Create and check the database accounts derived from the declarations.",
    "backup": "Take, prove, restore and prune backups; say whether they can be relied on.",
    "demo": "Load deterministic demo data.",
    "market": "Prove that money, stock and orders are right; seed what a real market starts with.",
    "people": "Make and list the platform's own employees.",
    "jobs": "See, run and trace the scheduled jobs; run the worker.",
    "audit": "Check that the audit log was not changed.",
    "api": "Run the HTTP API.",
    "payments": "Run the card provider of a machine that has no other.",
    "settings": "Show every setting with its unit, default and current value.",
    "docs": "Write and check the pages that are generated from the code.",
}


def load_noun(noun: str) -> Any:
    """The command (group) of one noun, from its file."""
    command = typer.main.get_command(importlib.import_module(f"daraa.cli.{noun}").app)
    command.name, command.help = noun, NOUNS[noun]
    return command


class _LazyGroup(TyperGroup):
    """Finds a noun's commands by importing its file at the moment it is used."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(NOUNS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return load_noun(cmd_name) if cmd_name in NOUNS else None


app = typer.Typer(cls=_LazyGroup, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback(invoke_without_command=True)
def _root(version: bool = typer.Option(False, "--version", help="Print the version and stop.")) -> None:
    """The Daraa marketplace platform."""
    if version:
        typer.echo(f"daraa {__version__}")
        raise typer.Exit


def main() -> None:
    """The console command: foreseen errors become one clear message and exit status 1."""
    give_large_blocks_back()
    try:
        app()
    except DaraaError as error:
        typer.echo(f"error: {error.message}", err=True)
        if error.hint:
            typer.echo(f"  → {error.hint}", err=True)
        sys.exit(1)
