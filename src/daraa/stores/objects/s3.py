"""Objects on any S3 server, with bounded requests and retries."""

import re
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta

import obstore
from obstore.store import S3Store

from daraa.kernel.errors import DaraaError
from daraa.stores.objects.bucket_calls import BucketCalls
from daraa.stores.objects.errors import UNAVAILABLE
from daraa.stores.objects.interface import ObjectInfo, ObjectLock, Unfinished, UnfinishedSeen
from daraa.stores.objects.keys import checked_key, is_key
from daraa.stores.objects.streams import ObstoreObjects, named_errors
from daraa.stores.objects.target import S3Target

_LIST_PAGE = 1000
_UNREADABLE = re.compile("object with invalid path|invalid list response", re.IGNORECASE)
"""What obstore says of a page with a key such as `a//b`, at which it ends the listing; ours goes on then."""


class S3Objects(ObstoreObjects):
    """`ObjectStore` in a bucket; the bucket must exist. What a kill leaves half written is in `list_unfinished`."""

    def __init__(self, target: S3Target) -> None:
        self.calls = BucketCalls(target)
        # obstore wants the bucket in an address with the bucket in the host's name.
        server = target.server.replace("https://", f"https://{target.bucket}.", 1) if target.by_host else target.server
        super().__init__(
            S3Store(
                target.bucket,
                prefix=target.prefix or None,
                endpoint=server,
                # Else AWS_ENDPOINT_URL_S3 of the environment would outdo `endpoint`.
                config={"aws_endpoint_url_s3": server},
                region=target.region,
                # The server refuses what does not arrive as it was sent; under object lock Amazon asks for it.
                checksum_algorithm="SHA256",
                access_key_id=target.access_key.get_secret_value(),
                secret_access_key=target.secret_key.get_secret_value(),
                virtual_hosted_style_request=target.by_host,
                client_options={
                    "allow_http": server.startswith("http://"),
                    "connect_timeout": timedelta(seconds=target.connect_within_s),
                    "timeout": timedelta(seconds=target.request_within_s),
                },
                retry_config={"max_retries": 10, "retry_timeout": timedelta(seconds=target.retry_within_s)},
            )
        )

    async def list(self, prefix: str = "", start_after: str = "") -> AsyncIterator[ObjectInfo]:
        """All objects under `prefix`, a page at a time; keys that this interface could not name are left out."""
        after, folder = start_after, f"{prefix}/" if prefix else ""
        try:
            async for info in self._listed(prefix, start_after):
                # Of the folder itself there may be a mark (`backups/`), which obstore shows without its slash.
                if is_key(info.key) and info.key.startswith(folder):
                    yield info
                    after = info.key
        except DaraaError as error:
            if not _is_unreadable(error):
                raise
        else:
            return
        while (page := await self.calls.objects(folder, after)) and page[-1].key != after:
            for info in page:
                if is_key(info.key):
                    yield info
            after = page[-1].key

    async def delete(self, key: str) -> None:
        """Remove an object."""
        store = self._usable()
        with named_errors(checked_key(key)), suppress(FileNotFoundError):
            await obstore.delete_async(store, key)

    async def list_unfinished(self, prefix: str) -> UnfinishedSeen:
        """Multipart uploads that were begun and not completed, as far as the server shows them."""
        self._usable()
        return await self.calls.list_unfinished(checked_key(prefix))

    async def abort_unfinished(self, upload: Unfinished) -> None:
        """Abort a multipart upload."""
        self._usable()
        checked_key(upload.key)
        await self.calls.abort(upload)

    async def object_lock(self) -> ObjectLock | None:
        """What the bucket's own rule says about new objects."""
        self._usable()
        return await self.calls.object_lock()

    async def ping(self) -> None:
        """Return when the bucket can be listed; an answer with odd keys is one, too."""
        try:
            async for _ in self._listed("", ""):
                return
        except DaraaError as error:
            if not _is_unreadable(error):
                raise

    async def _listed(self, prefix: str, start_after: str) -> AsyncIterator[ObjectInfo]:
        store = self._usable()
        if prefix:
            checked_key(prefix)
        if start_after:
            checked_key(start_after)
        with named_errors(prefix or "everything", absent=UNAVAILABLE):
            pages = obstore.list(store, prefix or None, offset=start_after or None, chunk_size=_LIST_PAGE)
            async for page in pages:
                for meta in page:
                    yield ObjectInfo(meta["path"], meta["size"], meta["last_modified"])


def _is_unreadable(error: DaraaError) -> bool:
    return _UNREADABLE.search(str(error.__cause__)) is not None
