"""`daraa docs`: writes the generated pages, and checks that none has drifted."""

import json
from pathlib import Path
from typing import Any

import typer

from daraa.api.app import describe_api
from daraa.cli import NOUNS, load_noun
from daraa.ops.docs.generate import pages

app = typer.Typer(no_args_is_help=True, add_completion=False)
ROOT = typer.Option(Path(), "--root", help="The checkout whose docs/ are meant.")


@app.command()
def write(root: Path = ROOT) -> None:
    """Write every generated page; pages of collections that are gone are removed."""
    wanted = _wanted()
    for stray in _strays(root, wanted):
        stray.unlink()
    for path, text in wanted.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    typer.echo(f"{len(wanted)} pages written.")


@app.command()
def check(root: Path = ROOT) -> None:
    """Exit 2 and name the pages that differ from what the code says."""
    wanted = _wanted()
    different = [path for path, text in wanted.items() if _read(root / path) != text]
    different += [str(stray.relative_to(root)) for stray in _strays(root, wanted)]
    if different:
        typer.echo("Out of date: " + ", ".join(sorted(different)) + ". Run `daraa docs write`.", err=True)
        raise typer.Exit(2)
    typer.echo(f"{len(wanted)} pages are up to date.")


def _wanted() -> dict[str, str]:
    """Every generated file: what the rooms below say, and the API's own description."""
    described = json.dumps(describe_api(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    return {**pages(command_reference()), "docs/openapi.json": described}


def _strays(root: Path, wanted: dict[str, str]) -> list[Path]:
    return [path for path in (root / "docs/collections").glob("*.md") if str(path.relative_to(root)) not in wanted]


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def command_reference() -> str:
    """Every command with its arguments and options, as Markdown."""
    lines = ["# Commands\n", "Exit status everywhere: 0 done or nothing to do, 2 changes pending, 1 error.\n"]
    for noun, sentence in NOUNS.items():
        lines += [f"## daraa {noun}\n", f"{sentence}\n"]
        command = load_noun(noun)
        for verb, inner in getattr(command, "commands", {"": command}).items():
            lines += _verb(f"daraa {noun} {verb}".strip(), inner)
    return "\n".join(lines)


def _verb(name: str, command: Any) -> list[str]:
    shown = [param for param in command.params if param.name != "help"]
    words = [param.opts[0] if param.param_type_name == "option" else param.name.upper() for param in shown]
    lines = [f"### `{' '.join([name, *(f'[{word}]' for word in words)])}`\n", f"{(command.help or '').strip()}\n"]
    for param, word in zip(shown, words, strict=True):
        lines.append(f"- `{word}`: {getattr(param, 'help', None) or 'required'}")
    return [*lines, ""] if shown else lines
