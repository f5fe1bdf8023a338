"""`daraa payments`: the card provider of a machine that has no other."""

from pathlib import Path

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def _noun() -> None: ...


@app.command("local-provider")
def local_provider(
    port: int = typer.Option(0, min=0, max=65535, help="Port on the loopback; 0: the setting."),
    hooks: str = typer.Option("", help="Address that takes its events; empty: the API of the settings."),
    state: Path = typer.Option(Path(), help="File in which it remembers; empty: run/provider.sqlite in the home."),
) -> None:
    """Run a card provider for development until SIGTERM or Ctrl-C. No money moves; `tok_declined` is declined."""
    import asyncio  # noqa: PLC0415, RUF100 - loading a server takes half a second

    from daraa.kernel.logs import configure_logging
    from daraa.kernel.settings import load_settings
    from daraa.ops.local_provider.serve import hook_url, serve, state_path

    settings = load_settings()
    configure_logging("daraa-provider", settings.log.level)
    chosen = state if state != Path() else state_path(settings)
    asyncio.run(serve(settings, port or settings.embedded.provider_port, hooks or hook_url(settings), chosen))
