"""How often one network address may do something; without Redis nobody may (these are the doors that fail closed)."""

import ipaddress
import secrets

from daraa.kernel.errors import DaraaError
from daraa.market.accounts.errors import ADDRESS_LIMITED
from daraa.stores.redis import KeyValue, Script

# A sorted set of the last hour's uses: sent twice with the same token, a use counts once.
_TAKE = Script(
    """
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local window = tonumber(ARGV[2])
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
    if redis.call('ZSCORE', KEYS[1], ARGV[3]) then return 0 end
    if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then
        local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
        return math.max(1, oldest[2] + window - now)
    end
    redis.call('ZADD', KEYS[1], now, ARGV[3])
    redis.call('PEXPIRE', KEYS[1], window)
    return 0
    """
)


class AddressLimit:
    """At most `most` uses of `what` by one address in any `seconds`."""

    def __init__(self, state: KeyValue, what: str, *, most: int, seconds: int = 3600) -> None:
        self._state, self._what, self._most, self._seconds = state, what, most, seconds

    async def take(self, ip: str) -> None:
        """Count one use; `accounts.address.limited` when there were too many, `redis.server.unavailable` unsure."""
        key = f"limit:{self._what}:{network_of(ip)}"
        wait_ms = await self._state.run(_TAKE, (key,), (self._most, self._seconds * 1000, secrets.token_hex(8)))
        if int(wait_ms) > 0:
            wait_s = -(-int(wait_ms) // 1000)
            raise DaraaError(
                ADDRESS_LIMITED,
                "There were too many tries from your network.",
                hint=f"Try again in {wait_s} s.",
                retry_after_s=wait_s,
                ar=f"محاولات كثيرة من شبكتك؛ حاول بعد {wait_s} ثانية.",
            )


def network_of(ip: str) -> str:
    """The address, or for IPv6 the /64 that one customer of a provider gets."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return "unknown"
    return str(address) if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))
