"""SMS through any gateway that takes a JSON POST; which one is a matter of settings."""

from pydantic import SecretStr

from daraa.stores.messages.http_post import HttpPost


class HttpSms:
    """Posts `{to, text, reference}` with a bearer key; 2xx with an `id` means accepted."""

    def __init__(self, url: str, key: SecretStr, *, seconds: float) -> None:
        self._gateway = HttpPost("sms", url, key, seconds=seconds)

    async def send(self, phone: str, text: str, *, reference: str) -> str:
        """See SmsSender."""
        body = {"to": phone, "text": text, "reference": reference}
        return await self._gateway.post_accepted(body, reference=reference)
