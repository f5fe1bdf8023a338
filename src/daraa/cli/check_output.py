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


def checks_text(checks: Sequence[Check], form: Format, room: str) -> str:
    """The result with a line feed at its end; `room` names the metric (`daraa_<room>_check_ok`)."""
    if form is Format.METRICS:
        return as_metrics(checks, room)
    return (as_json(checks) if form is Format.JSON else as_text(checks)) + "\n"


def write_checks(checks: Sequence[Check], form: Format, room: str) -> None:
    """To standard output, as `checks_text` has it."""
    typer.echo(checks_text(checks, form, room), nl=False)
