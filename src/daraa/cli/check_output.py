"""Writes the result of checks in the form that was asked for."""

from collections.abc import Sequence
from enum import StrEnum

import typer

from daraa.kernel.checks import Check, as_json, as_metrics, as_text


class Format(StrEnum):
    """How checks are written."""

    TEXT = "text"
    JSON = "json"
    METRICS = "metrics"


def write_checks(checks: Sequence[Check], form: Format, room: str) -> None:
    """To standard output; `room` names the metric (`daraa_<room>_check_ok`)."""
    if form is Format.METRICS:
        typer.echo(as_metrics(checks, room), nl=False)
    else:
        typer.echo(as_json(checks) if form is Format.JSON else as_text(checks))
