"""Where Redis is and how long we wait for it, checked before anything connects."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import SecretStr

from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import Settings
from daraa.stores.redis.errors import TARGET_INVALID

_DEFAULT_PORT = 6379
_DEFAULT_SENTINEL_PORT = 26379


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisTarget:
    """One Redis server, or the Sentinels that know which of several is the master.

    `address` is one (host, port); with `sentinels`, `master` is the name they know it by. Times are seconds:
    `connect_within_s` and `answer_within_s` bound one attempt, `deadline_s` all attempts of one call together.
    """

    address: tuple[str, int] | None = None
    sentinels: tuple[tuple[str, int], ...] = ()
    master: str = ""
    user: str | None = None
    password: SecretStr | None = None
    sentinel_user: str | None = None
    sentinel_password: SecretStr | None = None
    database: int = 0
    tls: bool = False
    tls_ca_file: Path | None = None
    connect_within_s: float = 0.3
    answer_within_s: float = 0.5
    deadline_s: float = 15.0
    max_connections: int = 50

    def __post_init__(self) -> None:
        if bool(self.address) == bool(self.sentinels):
            raise _invalid("Redis needs either one address or a list of Sentinels.")
        if self.sentinels and not self.master:
            raise _invalid("Sentinels need the name of the master they watch.", "It is in `sentinel monitor <name> …`.")
        if min(self.connect_within_s, self.answer_within_s, self.deadline_s) <= 0 or self.max_connections < 1:
            raise _invalid("Redis times and the number of connections must be above zero.")

    @classmethod
    def from_url(cls, url: str, *, user: str | None = None, password: SecretStr | None = None, **more: object) -> Self:
        """`redis://host[:port][/database]`, or `rediss://` for TLS. A password in the address is refused."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or _DEFAULT_PORT
        except ValueError as error:
            raise _invalid("The Redis address cannot be read.", "Write redis://host:port/0.") from error
        if parts.password:
            raise _invalid("The Redis address holds a password.", "Put it into a file of the secrets folder.")
        if parts.scheme not in ("redis", "rediss") or not host:
            raise _invalid(f"{url!r} is no Redis address.", "Write redis://host:port/0, or rediss:// for TLS.")
        database = parts.path.strip("/") or "0"
        if not database.isdigit() or parts.query or parts.fragment:
            raise _invalid(f"{url!r} has more than an address in it.", "Write redis://host:port/0.")
        return cls(
            address=(host, port),
            user=user or parts.username,
            password=password,
            database=int(database),
            tls=parts.scheme == "rediss",
            **more,  # type: ignore[arg-type]
        )


def redis_target(
    settings: Settings, role: Literal["cache", "state"], *, deadline_s: float | None = None
) -> RedisTarget:
    """The target of one role: Sentinels if there are any, else its address, else the embedded server.

    A caller that must not wait (a cache) gives a shorter `deadline_s` in seconds. The Sentinels' own password is the
    secret `redis_sentinel`, if that file is there. Raises `redis.target.invalid` or names the missing secret.
    """
    section = settings.redis
    password = settings.secret(f"redis_{section.username}")
    ca_file = Path(section.tls_ca_file) if section.tls_ca_file else None
    more: dict[str, object] = {
        "tls_ca_file": ca_file,
        "connect_within_s": section.connect_s,
        "answer_within_s": section.timeout_s,
        "deadline_s": section.deadline_s if deadline_s is None else deadline_s,
    }
    url = section.cache_url if role == "cache" else section.state_url
    if section.sentinels:
        guarded = (settings.secrets_dir / "redis_sentinel").exists()
        return RedisTarget(
            sentinels=parse_sentinels(section.sentinels.split(",")),
            master=section.cache_master if role == "cache" else section.state_master,
            user=section.username,
            password=password,
            sentinel_password=settings.secret("redis_sentinel") if guarded else None,
            tls=ca_file is not None,
            **more,  # type: ignore[arg-type]
        )
    if not url:
        embedded = settings.embedded
        port = embedded.redis_cache_port if role == "cache" else embedded.redis_state_port
        url = f"redis://127.0.0.1:{port}"
    return RedisTarget.from_url(url, user=section.username, password=password, **more)


def parse_sentinels(addresses: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """`host:port` of each Sentinel; the port may be left out (26379)."""
    found = []
    for address in addresses:
        try:
            parts = urlsplit(f"//{address.strip()}")
            host, port = parts.hostname, parts.port or _DEFAULT_SENTINEL_PORT
        except ValueError as error:
            raise _invalid(f"{address!r} is no Sentinel address.", "Write host:port.") from error
        if not host or parts.path or parts.username:
            raise _invalid(f"{address!r} is no Sentinel address.", "Write host:port.")
        found.append((host, port))
    return tuple(found)


def _invalid(problem: str, mend: str = "See the section redis of the settings.") -> DaraaError:
    return DaraaError(TARGET_INVALID, problem, hint=mend)
