"""Proves that the live shape is the declared one: indexes on every member, validators in force, one deleter each."""

from collections.abc import Iterator, Mapping

from daraa.declare.retention import Expire
from daraa.derive.indexes import index_plan
from daraa.derive.validators import json_schema
from daraa.kernel.checks import Check, CheckState
from daraa.ops.schema.live import Live, LiveIndex, Place, plain, wanted_index
from daraa.ops.schema.plan import plan_schema
from daraa.ops.schema.steps import Kind, Report, Wanted
from daraa.ops.schema.validators import Misfits, count_misfits
from daraa.stores.mongo.client import Mongo

APPLY = "Run `daraa schema apply`."
SHOWN = 5


async def check_schema(mongo: Mongo, wanted: Wanted, live: Live) -> list[Check]:
    """Every check, the cheap ones first; the count of misfits reads every document once."""
    return [
        _fingerprint(wanted, live),
        *_indexes(wanted, live),
        _validators(wanted, live),
        await _misfits(mongo, wanted, live),
        _deleters(wanted, live),
        _strays(wanted, live),
        _data_changes(wanted, live),
    ]


def _verdict(name: str, wrong: list[str], good: str, hint: str, bad: CheckState = CheckState.FAIL) -> Check:
    if not wrong:
        return Check(name, CheckState.OK, good)
    more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
    return Check(name, bad, f"{len(wrong)}: {'; '.join(wrong[:SHOWN])}{more}", hint)


def _fingerprint(wanted: Wanted, live: Live) -> Check:
    recorded = live.recorded.fingerprint
    wrong = [] if recorded == wanted.fingerprint else [f"recorded {recorded or 'none'}, declared {wanted.fingerprint}"]
    return _verdict("schema.fingerprint", wrong, f"recorded and declared are {wanted.fingerprint}", APPLY)


def _indexes(wanted: Wanted, live: Live) -> Iterator[Check]:
    primary = {place: collection.indexes for place, collection in live.collections.items()}
    text = live.recorded.text if live.recorded.server == live.server else None
    for member, places in {"primary": primary, **live.members}.items():
        wrong, right, without_text = _compare(wanted, places, text)
        yield _verdict(f"schema.indexes.{member}", wrong, f"{right} declared indexes stand", APPLY)
        if without_text:
            evidence = f"this server has no text indexes: {'; '.join(without_text)} could not be built"
            hint = "Searches use the folded words instead; a mongod has text indexes."
            yield Check(f"schema.text_indexes.{member}", CheckState.UNKNOWN, evidence, hint)


def _compare(
    wanted: Wanted, places: Mapping[Place, tuple[LiveIndex, ...]], text: bool | None
) -> tuple[list[str], int, list[str]]:
    wrong, right, without_text = [], 0, []
    for collection in wanted.collections:
        there = {index.name: index for index in places.get((collection.database, collection.db_name), ())}
        for spec in index_plan(collection):
            name = f"{collection.db_name}.{spec.name}"
            if spec.needs == "text" and text is False:
                without_text.append(name)
            elif spec.name not in there:
                wrong.append(f"{name} is missing")
            elif there[spec.name] != wanted_index(spec):
                wrong.append(f"{name} differs")
            else:
                right += 1
    return wrong, right, without_text


def _validators(wanted: Wanted, live: Live) -> Check:
    wrong = []
    for collection in wanted.collections:
        found = live.collections.get((collection.database, collection.db_name))
        if found is None:
            wrong.append(f"{collection.db_name} is missing")
        elif found.validator != plain(json_schema(collection)):
            wrong.append(f"{collection.db_name} has another validator")
        elif (found.action, found.level) != ("error", "strict"):
            wrong.append(f"{collection.db_name} is at {found.action}/{found.level}")
    good = f"{len(wanted.collections)} collections refuse what does not fit (error, strict)"
    return _verdict("schema.validators", wrong, good, APPLY)


async def _misfits(mongo: Mongo, wanted: Wanted, live: Live) -> Check:
    wrong: list[Misfits] = []
    for collection in wanted.collections:
        if (collection.database, collection.db_name) in live.collections:
            place = (collection.database, collection.db_name)
            found = await count_misfits(mongo, *place, json_schema(collection), lambda _: None)
            wrong += [found] if found else []
    hint = "Mend those documents, or write a data change; then apply enforces the validator."
    return _verdict("schema.misfits", [str(each) for each in wrong], "every stored document fits", hint)


def _deleters(wanted: Wanted, live: Live) -> Check:
    """A TTL index on the server deletes whether it is declared or not, so it is counted with the declared rule."""
    wrong = []
    for collection in wanted.collections:
        found = live.collections.get((collection.database, collection.db_name))
        expiring = [index.name for index in found.indexes if index.expire_after_s is not None] if found else []
        allowed = {spec.name for spec in index_plan(collection)} if isinstance(collection.retention, Expire) else set()
        wrong += [f"{collection.db_name}.{name} deletes undeclared" for name in expiring if name not in allowed]
    for (part, name), there in live.collections.items():
        undeclared = (part, name) not in {(each.database, each.db_name) for each in wanted.collections}
        expiring = [index.name for index in there.indexes if index.expire_after_s is not None]
        wrong += [f"{name}.{index} deletes undeclared" for index in expiring if undeclared]
    hint = "Drop that index by name: `daraa schema apply --drop <collection>.<index>`."
    return _verdict("schema.deleters", wrong, "no collection has a second deleter", hint)


def _strays(wanted: Wanted, live: Live) -> Check:
    steps = plan_schema(wanted, live, live.recorded.text)
    strays = [f"{step.name}: {step.why}" for step in steps if isinstance(step, Report) and step.pending]
    hint = "Declare it, or remove it by name."
    return _verdict("schema.strays", strays, "nothing undeclared", hint, CheckState.WARN)


def _data_changes(wanted: Wanted, live: Live) -> Check:
    steps = plan_schema(wanted, live, live.recorded.text)
    left = [step.target for step in steps if step.kind is Kind.DATA]
    return _verdict("schema.data_changes", left, f"{len(wanted.changes)} of {len(wanted.changes)} done", APPLY)


def needs_attention(checks: list[Check]) -> bool:
    """True when something is not as declared; an ability that the server lacks is unknown, not wrong."""
    return any(check.state in (CheckState.FAIL, CheckState.WARN) for check in checks)
