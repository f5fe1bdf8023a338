"""The four digits by which a customer says that the order has arrived: they follow from a key, so nothing is stored."""

import hashlib
import hmac

MOST_WRONG_PINS = 5


class Pins:
    """PINs of tasks. The key is the secret `pin_key`; whoever has it and a task's id has the PIN."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, task_id: str) -> str:
        """Four digits, the same for a task for as long as the key stays."""
        digest = hmac.digest(self._key, task_id.encode(), hashlib.sha256)
        return f"{int.from_bytes(digest[:8], 'big') % 10_000:04d}"

    def agrees(self, task_id: str, pin: str) -> bool:
        """True when this is the task's PIN; takes as long for a nearly right one as for any other."""
        return hmac.compare_digest(self.of(task_id).encode(), pin.encode())
