"""Whether an error speaks about a copy, or only about what stood in the way of looking at it."""

from daraa.kernel.errors import DaraaError
from daraa.ops.backup.chunks import OBJECT_DAMAGED
from daraa.ops.backup.content_hash import NOT_DOCUMENTS
from daraa.ops.backup.errors import MANIFEST_TAMPERED, MANIFEST_UNREADABLE
from daraa.ops.backup.restoration import DIFFERS
from daraa.ops.backup.selection import FOREIGN_DATABASE
from daraa.stores.mongo.errors import refused_as_given
from daraa.stores.mongo.oplog_diff import UNKNOWN as NOT_REPLAYABLE
from daraa.stores.mongo.restore_commands import NOT_DONE

_OF_THE_COPY = frozenset(
    {
        OBJECT_DAMAGED,
        NOT_DOCUMENTS,
        MANIFEST_TAMPERED,
        MANIFEST_UNREADABLE,
        FOREIGN_DATABASE,
        DIFFERS,
        NOT_DONE,
        NOT_REPLAYABLE,
    }
)


def speaks_of_the_copy(error: DaraaError) -> bool:
    """True when the copy is at fault; a server, a disk, a network or a missing right says nothing about it."""
    return not error.retryable and (error.code in _OF_THE_COPY or refused_as_given(error))
