"""The one rule between Python names and database names: snake_case here, the plan's camelCase there."""

import difflib
from collections.abc import Iterable


def to_db_name(name: str) -> str:
    """`created_at` → `createdAt`; the id of a document is `_id`, which `to_db_path` handles."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def to_db_path(path: str) -> str:
    """`items.product_id` → `items.productId`; a leading `id` is the document's own `_id`."""
    head, *rest = path.split(".")
    first = "_id" if head == "id" else to_db_name(head)
    return ".".join([first, *map(to_db_name, rest)])


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence that names the nearest known words, for messages about misspelt ones."""
    known = sorted(known)
    near = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(map(repr, near))}?" if near else f"Known words: {', '.join(known)}."
