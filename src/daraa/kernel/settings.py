"""Typed settings: each says its unit, its default, whether it is secret, and in one sentence what it does."""

import difflib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from daraa.kernel.errors import SECRET_EXPOSED, SECRET_MISSING, SETTING_INVALID, DaraaError

ENV_PREFIX = "DARAA_"


def setting(default: Any, sentence: str, *, unit: str = "", plan: str = "", why: str = "", **bounds: Any) -> Any:
    """One setting. `plan` is the owner's figure where there is one, `why` the reason when ours differs."""
    extra: dict[str, Any] = {"unit": unit, "plan": plan, "why": why}
    if isinstance(default, (list, dict)):
        raise TypeError("a setting's default is immutable")
    return Field(default, description=sentence, json_schema_extra=extra, **bounds)


class Section(BaseModel):
    """A group of settings: one room's."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class MongoSettings(Section):
    """The database connection (plan row 2.1)."""

    url: str = setting("", "Address of the database, without user and password; empty means the embedded one.")
    database: str = setting(
        "daraa", "Name of the main database and prefix of the others.", pattern=r"^[a-z][a-z0-9_]{0,30}$"
    )
    tls_ca_file: str = setting("", "CA certificate that signed the server's; setting it turns TLS on.")
    pool_max: int = setting(50, "Most connections per process.", unit="connections", plan="50", ge=1, le=1000)
    pool_min: int = setting(10, "Connections kept open per process.", unit="connections", plan="10", ge=0, le=1000)
    pool_idle_s: float = setting(30, "A connection idle for longer is closed.", unit="s", plan="30 s", gt=0)
    connect_s: float = setting(10, "Longest wait for a new connection.", unit="s", plan="10 s", gt=0)
    server_selection_s: float = setting(
        20, "Longest wait for a usable server.", unit="s", plan="5 s", gt=0,
        why="an election takes 10 to 12 s, so 5 s would fail every failover; each request is bounded by its own time",
    )  # fmt: skip
    read_timeout_s: float = setting(
        2, "Whole time one read may take.", unit="s", plan="45 s socket timeout", gt=0,
        why="timeoutMS bounds the operation with its retries; a socket timeout bounds neither",
    )  # fmt: skip
    write_timeout_s: float = setting(
        5, "Whole time one write may take.", unit="s", plan="wtimeout 5 s", gt=0,
        why="timeoutMS replaces the deprecated wtimeout, with the same figure",
    )  # fmt: skip
    write_concern: Literal["majority", "1"] = setting("majority", "Members that must hold a write.", plan="majority")
    retry: bool = setting(
        True, "Retry reads and writes once after a network error or election.", plan="retryable reads, writes"
    )
    read_preference: Literal["primary", "primaryPreferred", "secondaryPreferred"] = setting(
        "primary", "Where reads go unless a query chooses.", plan="primaryPreferred",
        why="primaryPreferred reads stale stock and balances exactly during a failover",
    )  # fmt: skip


class RedisSettings(Section):
    """Two Redis roles: cache (evicts, not persisted) and state (never evicts, persisted)."""

    cache_url: str = setting("", "Address of the cache role, redis:// or rediss://, no password; empty means embedded.")
    state_url: str = setting("", "Address of the state role, redis:// or rediss://, no password; empty means embedded.")
    sentinels: str = setting("", "Sentinels as host:port,host:port; then the addresses above name the masters.")
    cache_master: str = setting("daraa-cache", "The cache role's master name among the sentinels.")
    state_master: str = setting("daraa-state", "The state role's master name among the sentinels.")
    username: str = setting("daraa", "The ACL user; its password is the secret redis_<username>.")
    tls_ca_file: str = setting("", "CA certificate that signed the servers'; needed with rediss://.")
    timeout_s: float = setting(0.5, "Longest wait for one answer.", unit="s", gt=0)
    connect_s: float = setting(0.3, "Longest wait for a connection.", unit="s", gt=0)
    deadline_s: float = setting(15, "How long a command is retried through a failover.", unit="s", gt=0)


class ObjectsSettings(Section):
    """Where files are kept: a folder, or any S3 server."""

    url: str = setting("", "s3://bucket/prefix or an absolute folder; empty means objects/ in the home folder.")
    endpoint: str = setting("", "Address of the S3 server when it is not AWS, e.g. https://s3.example.org.")
    region: str = setting("us-east-1", "Region of the bucket.")


class ApiSettings(Section):
    """The HTTP API."""

    host: str = setting("127.0.0.1", "Address to listen on.")
    port: int = setting(8000, "Port to listen on; below 32768, where no client socket can take it.", ge=1, le=32767)
    workers: int = setting(2, "API processes.", ge=1, le=64)
    request_timeout_s: float = setting(5, "Whole time one request may spend in the database.", unit="s", gt=0)
    page_size: int = setting(20, "Items per page when the caller does not say.", ge=1, le=100)
    page_size_max: int = setting(100, "Most items per page.", ge=1, le=100)
    drain_s: float = setting(10, "How long running requests may finish after a stop.", unit="s", ge=0)


class JobsSettings(Section):
    """The worker."""

    poll_s: float = setting(1, "How often the worker looks for due jobs and outbox rows.", unit="s", gt=0)
    lease_s: float = setting(30, "How long a lease lasts without a heartbeat.", unit="s", ge=1)
    outbox_batch: int = setting(100, "Outbox rows relayed at a time.", ge=1, le=1000)
    outbox_attempts: int = setting(
        12, "How often an event is tried, with growing pauses, before it is parked for a person.", ge=1, le=50
    )
    at_once: int = setting(4, "Jobs that one worker runs at the same time.", unit="jobs", ge=1, le=64)
    drain_s: float = setting(20, "How long running jobs may finish after a stop.", unit="s", ge=0)


class AccountsSettings(Section):
    """Logging in."""

    codes_per_address: int = setting(
        60, "Login codes that one network address may ask for in an hour.", unit="codes", ge=1, le=1_000_000
    )
    logins_per_address: int = setting(
        300, "Logins that one network address may try in an hour.", unit="tries", ge=1, le=1_000_000
    )
    currency: str = setting("SYP", "Currency of a new account.", pattern=r"^[A-Z]{3}$")


class MessagesSettings(Section):
    """Messages to people: SMS, e-mail and push."""

    mode: Literal["live", "development"] = setting(
        "live",
        "`development` writes messages to logs/messages.log instead of sending them; refused unless all is local.",
    )
    timeout_s: float = setting(4, "Whole time a provider may take for one message.", unit="s", gt=0, le=30)
    sms_url: str = setting("", "Where SMS are posted as JSON {to, text, reference}; the key is the secret sms_key.")
    push_url: str = setting(
        "", "Where push messages are posted as JSON; the key is the secret push_key. Empty sends none."
    )
    smtp_host: str = setting("", "The mail server. Empty sends no mails.")
    smtp_port: int = setting(587, "Port of the mail server.", ge=1, le=65535)
    smtp_tls: Literal["starttls", "tls", "none"] = setting(
        "starttls", "How the connection to the mail server is encrypted; `none` only on this machine."
    )
    smtp_ca_file: str = setting("", "CA certificate that signed the mail server's; empty means the system's.")
    smtp_username: str = setting("", "User at the mail server; the password is the secret smtp_password.")
    smtp_from: str = setting("", "Address from which mails are sent.", pattern=r"^([^\s@<>]+@[^\s@<>]+)?$")
    batch: int = setting(50, "Notifications that one sweep sends at most.", unit="notifications", ge=1, le=1000)
    attempts: int = setting(6, "How often a message is tried on one channel, with growing pauses.", ge=1, le=20)
    hourly_limit: int = setting(
        30,
        "Push messages, SMS and mails of one kind that one person gets in an hour at most.",
        ge=1,
        le=10_000,
    )


class PaymentsSettings(Section):
    """The card provider."""

    provider: str = setting(
        "local",
        "Name of the card provider, in the addresses of its hooks and in the ledger.",
        pattern=r"^[a-z][a-z0-9-]{1,30}$",
    )
    url: str = setting("", "Address of the provider's API; empty means the local one that `daraa up` starts.")
    return_url: str = setting("", "Where the provider sends the payer back to; empty means nowhere.")
    timeout_s: float = setting(5, "Whole time one call to the provider may take.", unit="s", gt=0, le=60)
    intent_minutes: float = setting(30, "How long a payer has, before the checkout is given up.", unit="min", gt=0)


class BackupSettings(Section):
    """Backups: where they go, how long they stay, when a check complains. `local` is the first repository."""

    url: str = setting("", "The repository `local`: s3://bucket/prefix or a full path; empty: backups/ in the home.")
    endpoint: str = setting("", "S3 server of `local` when it is not AWS.")
    region: str = setting("us-east-1", "Region of the bucket of `local`.")
    remote_url: str = setting(
        "", "The repository `remote`: s3://bucket/prefix or a full path; empty means there is none."
    )
    remote_endpoint: str = setting("", "S3 server of `remote` when it is not AWS.")
    remote_region: str = setting("us-east-1", "Region of the bucket of `remote`.")
    as_of: str = setting(
        "",
        "For one command: read a bucket with versions as it was then, e.g. 2026-11-23T10:00:00Z; nothing is written.",
    )
    keep_hourly: int = setting(0, "Hours of which `local` keeps the newest copy.", ge=0, le=10_000)
    keep_daily: int = setting(7, "Days of which `local` keeps the newest copy.", plan="7 days local", ge=0, le=10_000)
    keep_weekly: int = setting(0, "ISO weeks of which `local` keeps the newest copy.", ge=0, le=10_000)
    keep_monthly: int = setting(0, "Months of which `local` keeps the newest copy.", ge=0, le=10_000)
    keep_yearly: int = setting(0, "Years of which `local` keeps the newest copy.", ge=0, le=10_000)
    remote_keep_hourly: int = setting(0, "The same for `remote`: hours.", ge=0, le=10_000)
    remote_keep_daily: int = setting(30, "The same for `remote`: days.", plan="30 days S3", ge=0, le=10_000)
    remote_keep_weekly: int = setting(0, "The same for `remote`: ISO weeks.", ge=0, le=10_000)
    remote_keep_monthly: int = setting(0, "The same for `remote`: months.", ge=0, le=10_000)
    remote_keep_yearly: int = setting(0, "The same for `remote`: years.", ge=0, le=10_000)
    min_verified: int = setting(2, "Fewest verified copies that pruning leaves in a repository.", ge=1, le=1000)
    max_age_hours: float = setting(
        26, "Older than this, the newest verified copy is an alarm and nothing is pruned.", unit="h", gt=0, le=87_600
    )
    grace_days: float = setting(
        3, "Time between the announcement of a deletion and the deletion; also how long a partial copy may lie.",
        unit="d", ge=1, le=3650,
    )  # fmt: skip
    prune_share: float = setting(
        0.25, "Largest share of a repository's copies that one run announces, or deletes; one at least.", gt=0, le=1
    )
    size_drop_share: float = setting(0.3, "A copy smaller by this share than usual is an alarm.", gt=0, lt=1)
    slow_factor: float = setting(3, "A copy that took this many times as long as usual is a warning.", gt=1)
    parallel: int = setting(4, "Collections copied at the same time.", ge=1, le=32)
    duties: Literal["auto", "on", "off"] = setting(
        "auto",
        "Whether this machine's worker takes, verifies, prunes and checks backups; `auto`: where the backup key is.",
    )
    cron: str = setting("0 2 * * *", "When the worker takes a backup, as five cron fields.", plan="daily 02:00")
    timezone: str = setting("UTC", "Time zone of that time, e.g. Asia/Damascus.")
    stream: str = setting(
        "", "Repository that the worker streams the oplog into, local or remote; empty: it does not, and no check asks."
    )
    stream_slice_s: float = setting(60, "Time between two slices of the oplog.", unit="s", ge=1, le=3600)
    window_days: float = setting(
        7, "How far back any moment can be restored; older slices of the oplog are pruned.", unit="d", gt=0, le=3650
    )


class LogSettings(Section):
    """What is logged."""

    level: Literal["debug", "info", "warning", "error"] = setting("info", "Least level that is written.")
    slow_command_s: float = setting(
        0.1, "A database command slower than this is logged.", unit="s", plan="100 ms", gt=0
    )


class EmbeddedSettings(Section):
    """The database and Redis that `daraa up` starts when none is configured."""

    mongo_port: int = setting(27117, "Port of the embedded database.", ge=1, le=32767)
    redis_cache_port: int = setting(6479, "Port of the embedded Redis, cache role.", ge=1, le=32767)
    redis_state_port: int = setting(6480, "Port of the embedded Redis, state role.", ge=1, le=32767)
    provider_port: int = setting(6490, "Port of the local card provider.", ge=1, le=32767)
    mongo_cache_mb: int = setting(512, "Memory the embedded database may use as cache.", unit="MB", ge=64)
    demo_products: int = setting(
        3000, "Products of the demo data that is loaded once; 0 loads none.", ge=0, le=1_000_000
    )


class Settings(Section):
    """All settings of one process."""

    home: Path = setting(Path(".daraa"), "The folder that holds all state.")
    mongo: MongoSettings = MongoSettings()
    redis: RedisSettings = RedisSettings()
    objects: ObjectsSettings = ObjectsSettings()
    api: ApiSettings = ApiSettings()
    jobs: JobsSettings = JobsSettings()
    accounts: AccountsSettings = AccountsSettings()
    messages: MessagesSettings = MessagesSettings()
    payments: PaymentsSettings = PaymentsSettings()
    backup: BackupSettings = BackupSettings()
    log: LogSettings = LogSettings()
    embedded: EmbeddedSettings = EmbeddedSettings()

    @property
    def secrets_dir(self) -> Path:
        """The folder with one file per secret (folder 0700, files 0600)."""
        return Path(os.environ.get("DARAA_SECRETS_DIR", str(self.home / "secrets")))

    def secret(self, name: str) -> SecretStr:
        """The content of the secret file `name`; DaraaError when it is missing, empty, or readable by others."""
        return read_secret(self.secrets_dir / name)


SECRETS: dict[str, str] = {
    "mongo_daraa_admin": "Password of the sealed database administrator; used only to create the other accounts.",
    "mongo_<account>": "Password of one database account (daraa_app, daraa_migrator, …).",
    "redis_daraa": "Password of the Redis user.",
    "redis_sentinel": "Password of the sentinels, where they have one.",
    "cursor_key": "Key that signs the cursors of lists; 32 random bytes in hex.",
    "pin_key": "Key from which the PINs of deliveries follow; 32 random bytes in hex.",
    "token_key": "Key that signs access and refresh tokens; 32 random bytes in hex.",
    "otp_pepper": "Key without which stored login codes cannot be guessed; 32 random bytes in hex.",
    "sms_key": "Key that the SMS gateway asks for.",
    "push_key": "Key that the push gateway asks for.",
    "smtp_password": "Password of the user at the mail server.",
    "provider_key": "Key shared with the card provider, signs both ways; in a rotation one a line, newest first.",
    "s3_access_key_id": "Key id of the S3 server.",
    "s3_secret_access_key": "Key of the S3 server.",
    "backup_key": "Key of all backups, made by `daraa backup key create`; without it no backup can be read again.",
    "backup_<repository>_s3_access_key_id": "Key id for the bucket of a backup repository (local, remote).",
    "backup_<repository>_s3_secret_access_key": "Key for the bucket of a backup repository.",
}

OWN_KEYS: tuple[str, ...] = ("cursor_key", "token_key", "otp_pepper", "provider_key", "pin_key")
"""The secrets that an installation makes up for itself; all others are agreed with somebody."""


def read_secret(path: Path) -> SecretStr:
    """One secret from its file; the message names the file, never the content."""
    try:
        mode = path.stat().st_mode
        content = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise DaraaError(
            SECRET_MISSING,
            f"The secret file {path} cannot be read ({error.strerror}).",
            hint="Create it with mode 0600.",
        ) from None
    if mode & 0o077:
        raise DaraaError(SECRET_EXPOSED, f"The secret file {path} is open to others.", hint=f"Run: chmod 600 {path}")
    if not content:
        raise DaraaError(SECRET_MISSING, f"The secret file {path} is empty.", hint="Write the secret into it.")
    return SecretStr(content)


@dataclass(frozen=True, slots=True)
class Described:
    """One setting as shown to people: `env` is its variable, `value` the current one."""

    env: str
    path: str
    value: Any
    default: Any
    unit: str
    sentence: str
    plan: str
    why: str


def describe(settings: Settings) -> Iterator[Described]:
    """Every setting, in order."""
    for name, info in Settings.model_fields.items():
        value = getattr(settings, name)
        if isinstance(value, Section):
            for inner, inner_info in type(value).model_fields.items():
                yield _described(f"{name}.{inner}", inner_info, getattr(value, inner))
        else:
            yield _described(name, info, value)


def _described(path: str, info: FieldInfo, value: Any) -> Described:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    words = {word: str(extra.get(word, "")) for word in ("unit", "plan", "why")}
    env = ENV_PREFIX + path.replace(".", "_").upper()
    return Described(env, path, value, info.default, sentence=info.description or "", **words)


OTHER_VARIABLES = {"DARAA_SECRETS_DIR", "DARAA_TOOLS"}


def load_settings(env: Mapping[str, str] | None = None) -> Settings:
    """Read `DARAA_<ROOM>_<NAME>` variables; DaraaError names a wrong, unknown or secret-carrying one."""
    env = os.environ if env is None else env
    known = {item.env: item.path for item in describe(Settings())}
    values: dict[str, Any] = {}
    for name, text in env.items():
        if not name.startswith(ENV_PREFIX) or name in OTHER_VARIABLES or name.startswith("DARAA_TEST_"):
            continue
        if name not in known:
            raise DaraaError(SETTING_INVALID, f"{name} is no setting.", hint=_nearest(name, known))
        section, _, field = known[name].rpartition(".")
        (values.setdefault(section, {}) if section else values)[field] = text
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        variable = ENV_PREFIX + path.replace(".", "_").upper()
        raise DaraaError(
            SETTING_INVALID,
            f"{variable} is not valid: {first['msg']}.",
            hint="See docs/settings.md or `daraa settings show`.",
        ) from None
    _refuse_passwords(settings)
    return settings.model_copy(update={"home": settings.home.expanduser().absolute()})


def _refuse_passwords(settings: Settings) -> None:
    for item in describe(settings):
        if isinstance(item.value, str) and "://" in item.value:
            authority = item.value.split("://", 1)[1].split("/", 1)[0]
            if "@" in authority:
                raise DaraaError(
                    SECRET_EXPOSED,
                    f"{item.env} carries a user or password.",
                    hint="Leave it out of the address; put the password into a file of the secrets folder.",
                )


def _nearest(name: str, known: Mapping[str, str]) -> str:
    near = difflib.get_close_matches(name, known, n=2)
    return f"Did you mean {' or '.join(near)}?" if near else "`daraa settings show` lists them all."
