"""Says in words how a restored copy differs from what was backed up; pure, so that every difference has a test."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from daraa.kernel.checks import Check, CheckState
from daraa.ops.backup.manifest import CollectionPart
from daraa.stores.mongo.restore_commands import same_index, same_options


def differing_content(of: CollectionPart, documents: int, content_hash: str) -> list[str]:
    """By count and by the hash that was computed from the restored rows."""
    if documents != of.documents:
        return [f"{_name(of)}: {documents} documents in the restored copy, {of.documents} in the backup"]
    if content_hash != of.content_hash:
        return [
            f"{_name(of)}: the content differs from the backup (hash {content_hash[:12]}…, {of.content_hash[:12]}…)"
        ]
    return []


def differing_indexes(
    name: str, expected: Sequence[Mapping[str, Any]], there: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Indexes that are missing, changed, or there without having been backed up; `name` is the collection's."""
    wanted = {str(each["name"]): same_index(each) for each in expected}
    found = {str(each["name"]): same_index(each) for each in there}
    missing = [f"{name}: the index {each} is missing in the restored copy" for each in sorted(set(wanted) - set(found))]
    extra = [f"{name}: the index {each} is not in the backup" for each in sorted(set(found) - set(wanted))]
    changed = [
        f"{name}: the index {each} is another one in the restored copy"
        for each in sorted(set(wanted) & set(found))
        if wanted[each] != found[each]
    ]
    return [*missing, *changed, *extra]


def differing_options(name: str, expected: Mapping[str, Any], there: Mapping[str, Any] | None) -> list[str]:
    """A collection, validator or other option that is missing or changed."""
    if there is None:
        return [f"{name}: the collection is missing in the restored copy"]
    wanted, found = same_options(expected), same_options(there)
    findings = []
    for word in sorted(set(wanted) | set(found)):
        if word not in found:
            findings.append(f"{name}: the {word} is missing in the restored copy")
        elif word not in wanted:
            findings.append(f"{name}: the {word} is not in the backup")
        elif wanted[word] != found[word]:
            findings.append(f"{name}: the {word} is another one in the restored copy")
    return findings


def strays(expected: Iterable[str], there: Iterable[str]) -> list[str]:
    """Collections of the restored copy that the backup does not have."""
    return [f"{name}: the collection is not in the backup" for name in sorted(set(there) - set(expected))]


def differing_proofs(checks: Iterable[Check], recorded: Mapping[str, str]) -> list[str]:
    """Proofs that do not hold in the restored copy, unless the very same was recorded when the backup was taken.

    A proof that could not run is a finding whatever was recorded: it shows nothing.
    """
    return [
        f"{each.name}: {each.evidence}"
        for each in checks
        if each.state is not CheckState.OK
        and (each.state is CheckState.UNKNOWN or recorded.get(each.name) != each.state.value)
    ]


def _name(of: CollectionPart) -> str:
    return f"{of.database}.{of.collection}"
