"""`daraa api`: runs the HTTP API."""

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def _noun() -> None: ...


@app.command()
def serve(
    host: str = typer.Option("", help="Address to listen on; empty: the setting."),
    port: int = typer.Option(0, min=0, max=65535, help="Port to listen on; 0: the setting."),
    fd: int = typer.Option(-1, min=-1, help="Number of a listening socket handed down by the parent; -1: none."),
) -> None:
    """Serve HTTP until SIGTERM or Ctrl-C; running requests may finish first."""
    from daraa.api.server import serve as run  # noqa: PLC0415, RUF100 - loading the server takes half a second
    from daraa.kernel.logs import configure_logging
    from daraa.kernel.settings import load_settings

    settings = load_settings()
    configure_logging("daraa-api", settings.log.level)
    run(settings, host or settings.api.host, port or settings.api.port, None if fd < 0 else fd)
