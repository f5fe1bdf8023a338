"""Brings the data of a run to where the programs can use it: accounts, schema, demo data, what a market starts with."""

from daraa.declare.access import ADMIN
from daraa.ops.stack.first_database import finish_database
from daraa.ops.stack.run import Run
from daraa.ops.stack.steps import require_step, run_step
from daraa.ops.stack.together import all_of


async def prepare_data(run: Run) -> bool:
    """Accounts, then the schema, then once demo data and seed; each step continues where an interrupted one stopped.

    True when the live database was seen to be as declared; False when that is not known yet.
    """
    if run.folder.complete:
        # The usual start: two commands that find nothing to do, beside each other.
        run.say("Database accounts and schema.")
        _, clean = await all_of(_apply_accounts(run), schema_is_clean(run))
        if clean:
            return True
    else:
        run.say("Database accounts.")
        await _apply_accounts(run)
    run.say("Schema.")
    await require_step(("schema", "apply"), run.logs, run.env, run.say)
    finish_database(run.settings.home / "mongo")
    if not run.folder.complete:
        await _fill(run)
    return False


async def _fill(run: Run) -> None:
    """Demo data first, since the seed adds what is missing: the rest of the map, of the trees and of the messages."""
    if run.settings.embedded.demo_products:
        run.say("Demo data.")
        words = ("demo", "load", "--products", str(run.settings.embedded.demo_products))
        await require_step(words, run.logs, run.env, run.say)
    run.say("What a market starts with.")
    lines: list[str] = []
    await require_step(("market", "seed"), run.logs, run.env, lines.append)
    run.say(lines[-1])


async def schema_is_clean(run: Run) -> bool:
    """True when the live database is as declared."""
    return await run_step(("schema", "plan"), run.logs, run.env, lambda line: None) == 0


async def _apply_accounts(run: Run) -> bool:
    # Without the administrator's password the accounts of a configured database are somebody else's work.
    if (run.settings.secrets_dir / f"mongo_{ADMIN}").exists():
        await require_step(("accounts", "apply"), run.logs, run.env, run.say)
    return True
