"""Push messages through any gateway that takes a JSON POST and tells which tokens are dead."""

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from daraa.kernel.errors import DaraaError
from daraa.stores.messages.http_post import HttpPost, accepted
from daraa.stores.messages.interface import DEVICE_UNREGISTERED


class HttpPush:
    """Posts `{token, title, text, path, reference}` with a bearer key; 2xx with an `id` means accepted.

    410, or another 4xx whose JSON `error` says `unregistered`, means that the device is gone. A bare 404 does not:
    that is what a wrong address answers, and it must not kill every token.
    """

    def __init__(self, url: str, key: SecretStr, *, seconds: float) -> None:
        self._gateway = HttpPost("push", url, key, seconds=seconds)

    async def send(self, token: str, title: str, text: str, *, reference: str, path: str | None = None) -> str:
        """See PushSender."""
        body = {"token": token, "title": title, "text": text, "path": path, "reference": reference}
        answered = await self._gateway.post(body, reference=reference)
        if answered.status == 410 or (400 <= answered.status < 500 and _says_unregistered(answered.body)):
            raise DaraaError(
                DEVICE_UNREGISTERED, "push: the provider no longer knows the device.", hint="Forget its token."
            )
        return accepted("push", answered, reference)


def _says_unregistered(body: Mapping[str, Any]) -> bool:
    """`{"error": "unregistered"}`, or one level deeper under `status` or `code` as some providers write it."""
    error = body.get("error")
    words = [error.get("status"), error.get("code")] if isinstance(error, dict) else [error]
    return any(str(word).lower() == "unregistered" for word in words)
