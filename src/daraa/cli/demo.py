"""`daraa demo`: made-up data to see the platform with."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import load_settings
from daraa.ops.demo import DEFAULT_PRODUCTS, DEFAULT_SEED, Loaded, Wanted
from daraa.ops.demo import Progress as Far
from daraa.ops.demo import load as load_demo
from daraa.ops.demo.errors import WORDS_INVALID
from daraa.ops.demo.load import Tell, check_wanted
from daraa.stores.mongo import open_mongo

app = typer.Typer(no_args_is_help=True, add_completion=False)
LINE_EVERY_S = 2.0


@app.callback()
def _noun() -> None: ...


@app.command()
def load(
    products: str = typer.Option(str(DEFAULT_PRODUCTS), help="How many products, 1 to 1,000,000; the rest follows."),
    seed: str = typer.Option(str(DEFAULT_SEED), help="Another number gives other data."),
    today: str = typer.Option("", help="The day the data takes for today, YYYY-MM-DD; the first load's by default."),
    as_json: bool = typer.Option(False, "--json", help="One JSON object instead of lines."),
) -> None:
    """Load demo data, or the rest of an interrupted load. Loading again adds nothing."""
    wanted = Wanted(_number("products", products), _number("seed", seed), _day(today) if today else None)
    check_wanted(wanted)
    with _silent() if as_json else _bar() if sys.stderr.isatty() else _lines() as tell:
        loaded = asyncio.run(_load(wanted, tell))
    typer.echo(json.dumps(loaded.as_dict(), ensure_ascii=False) if as_json else _summary(loaded))


async def _load(wanted: Wanted, tell: Tell) -> Loaded:
    mongo = open_mongo(load_settings(), "app")
    try:
        return await load_demo(mongo, wanted, tell)
    finally:
        await mongo.close()


def _summary(loaded: Loaded) -> str:
    if not loaded.handled:
        return f"Demo data of {loaded.products:,} products is there already; nothing was added."
    rate = loaded.handled / loaded.seconds
    return (
        f"{loaded.added.total():,} documents added for {loaded.products:,} products in {loaded.seconds:.1f} s "
        f"({rate:,.0f} a second, {loaded.peak_memory_mb:.0f} MB)."
    )


def _number(name: str, text: str) -> int:
    try:
        return int(text.replace(",", "").replace("_", ""))
    except ValueError:
        raise DaraaError(WORDS_INVALID, f"--{name} {text!r} is no whole number.", hint="Write digits only.") from None


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise DaraaError(WORDS_INVALID, f"--today {text!r} is no day.", hint="Write it as 2026-11-23.") from None


@contextmanager
def _silent() -> Iterator[Tell]:
    yield lambda far: None


@contextmanager
def _bar() -> Iterator[Tell]:
    columns = (
        TextColumn("demo data"),
        BarColumn(),
        TextColumn("{task.completed:,.0f}/{task.total:,.0f} products"),
        TextColumn("{task.fields[rate]:,.0f} documents/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns) as shown:
        task = shown.add_task("load", total=1, rate=0.0)
        yield lambda far: shown.update(task, completed=far.products, total=far.of_products, rate=far.per_second)


@contextmanager
def _lines() -> Iterator[Tell]:
    last = time.monotonic()

    def tell(far: Far) -> None:
        nonlocal last
        if time.monotonic() - last >= LINE_EVERY_S:
            last = time.monotonic()
            typer.echo(
                f"{far.products:,} of {far.of_products:,} products, {far.documents:,} documents, "
                f"{far.per_second:,.0f} a second"
            )

    yield tell
