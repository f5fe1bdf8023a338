"""The documents of the page about buckets, as they stand there, for a bucket of a test."""

import json
import re
from pathlib import Path
from typing import Any

from daraa.stores.objects import S3Target

_PAGE = Path(__file__).parents[2] / "docs/runbook/backup-bucket.md"


def document(name: str, target: S3Target) -> Any:
    """The JSON that the page calls `name`, with the names of this bucket and its prefix in it."""
    found = re.search(rf"```json {name}\n(.*?)```", _PAGE.read_text("utf-8"), re.DOTALL)
    assert found, f"the page has no document {name}"
    text = found[1].replace("BUCKET", target.bucket).replace("PREFIX", target.prefix)
    return json.loads(text)


def policy(target: S3Target, *, prunes: bool = False, past: bool = False) -> dict[str, Any]:
    """The policy of the account that takes backups; or of one that prunes as well, or reads the past."""
    words: dict[str, Any] = document("policy-take", target)
    if past:
        words["Statement"] += document("statement-past", target)
    if prunes:
        words["Statement"].append(document("statement-prune", target))
    return words


def bare_policy(target: S3Target) -> dict[str, Any]:
    """The least that the page says is enough for taking and verifying."""
    words: dict[str, Any] = document("policy-take", target)
    words["Statement"][0]["Action"] = ["s3:ListBucket"]
    words["Statement"][1]["Action"] = ["s3:PutObject", "s3:GetObject"]
    return words
