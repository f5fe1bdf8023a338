"""`repository.json`: what a repository is called and with which key it is written; made when it is first used."""

from daraa.kernel.errors import DaraaError
from daraa.kernel.ids import new_id
from daraa.kernel.time import Clock
from daraa.ops.backup.keys import BackupKey, wrong_key
from daraa.ops.backup.layout import MARK
from daraa.ops.backup.manifest import RepositoryMark, open_signed, peek_key_id, sign
from daraa.stores.objects import ObjectStore
from daraa.stores.objects.errors import EXISTS, MISSING


async def read_mark(store: ObjectStore, key: BackupKey) -> RepositoryMark | None:
    """The repository's mark, None where nothing was ever stored; `backup.key.wrong` for one of another key."""
    try:
        content = b"".join([piece async for piece in store.get(MARK)])
    except DaraaError as error:
        if error.code == MISSING:
            return None
        raise
    theirs = peek_key_id(content)
    if theirs is not None and theirs != key.id:
        raise wrong_key("The repository is not ours to write", key.id, theirs)
    return open_signed(content, key.signing, RepositoryMark)


async def ensure_mark(store: ObjectStore, key: BackupKey, clock: Clock) -> RepositoryMark:
    """The mark, made when there is none; of two who make it at once, both get the one that won."""
    found = await read_mark(store, key)
    if found is None:
        mark = RepositoryMark(repository_id=new_id("rep"), created_at=clock.now(), key_id=key.id)
        try:
            await store.put(MARK, sign(mark, key.signing), only_if_absent=True)
        except DaraaError as error:
            if error.code != EXISTS:
                raise
        found = await read_mark(store, key)
    if found is None:
        raise DaraaError(MISSING, f"{MARK} was written and is not there.", hint="Is something deleting from it?")
    return found
