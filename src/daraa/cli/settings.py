"""`daraa settings`: what is set, in which unit, and why."""

import json

import typer

from daraa.kernel.settings import SECRETS, describe, load_settings

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def _noun() -> None: ...


@app.command()
def show(as_json: bool = typer.Option(False, "--json", help="One JSON object instead of lines.")) -> None:
    """Print every setting with its current value. Secrets are files; only their names and presence are shown."""
    settings = load_settings()
    if as_json:
        typer.echo(json.dumps({item.env: item.value for item in describe(settings)}, default=str, indent=1))
        return
    for item in describe(settings):
        changed = "" if item.value == item.default else f" (default {item.default})"
        typer.echo(f"{item.env} = {item.value}{' ' + item.unit if item.unit else ''}{changed}\n    {item.sentence}")
    typer.echo(f"\nSecrets, one file each in {settings.secrets_dir}:")
    for name, sentence in SECRETS.items():
        state = (
            "there"
            if (settings.secrets_dir / name).is_file()
            else "not there"
            if "<" not in name
            else "one per account"
        )
        typer.echo(f"{name} ({state})\n    {sentence}")
