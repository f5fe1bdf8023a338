"""Request bodies are bounded, whatever their length was said to be; nothing of ours takes more."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

LONGEST_BODY = 256 * 1024
"""In bytes: twice the largest thing anybody may send (a product with all its texts)."""


def announces_too_much(headers: Mapping[bytes, bytes]) -> bool:
    """True when Content-Length names more than is taken; one that is no number is the server's to refuse."""
    length = headers.get(b"content-length", b"0")
    return length.isdigit() and int(length[:20]) > LONGEST_BODY


def bounded(receive: Receive) -> Receive:
    """Pass the body on and stop with 413 once it is longer than allowed."""
    seen = 0

    async def counting() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > LONGEST_BODY:
            raise HTTPException(413)
        return message

    return counting
