"""Starts the database and Redis of a run, unless their addresses are configured."""

from dataclasses import replace

from daraa.declare.access import ADMIN
from daraa.kernel.errors import DaraaError
from daraa.kernel.settings import OWN_KEYS, Settings
from daraa.ops.stack.errors import PORT_TWICE
from daraa.ops.stack.first_database import begin_database
from daraa.ops.stack.run import Run
from daraa.ops.stack.together import Work, all_of
from daraa.stores.messages import is_local
from daraa.stores.process import EmbeddedDatabase, EmbeddedRedis, RedisRole, find_database, find_redis, kind_in
from daraa.stores.process.ports import require_free_port
from daraa.stores.process.secret_files import ensure_secret

HOST = "127.0.0.1"


async def start_stores(run: Run) -> Run:
    """Start what is not configured, all beside each other; returns the run with the addresses of everything."""
    settings = run.settings
    roles, database = redis_roles(settings), not settings.mongo.url
    _require_ports(settings)
    _say_configured(run)
    for name in OWN_KEYS:
        ensure_secret(settings.secrets_dir / name)
    work: list[Work] = []
    if roles:
        password = ensure_secret(settings.secrets_dir / f"redis_{settings.redis.username}")
        program = find_redis()
        work.extend(_start_redis(run, role, port, program, password) for role, port in roles.items())
    if database:
        work.append(_start_database(run))
    if work:
        run.say("Starting the stores.")
        await all_of(*work)
    return replace(run, settings=_with_addresses(settings, roles, database=database))


def redis_roles(settings: Settings) -> dict[RedisRole, int]:
    """The roles that no address is configured for, with the port that the embedded one gets."""
    if settings.redis.sentinels:
        return {}
    ports = {
        RedisRole.CACHE: (settings.redis.cache_url, settings.embedded.redis_cache_port),
        RedisRole.STATE: (settings.redis.state_url, settings.embedded.redis_state_port),
    }
    return {role: port for role, (url, port) in ports.items() if not url}


def _require_ports(settings: Settings) -> None:
    """Before anything starts: every port is free and wanted once. The API's is bound by now."""
    wanted = [("The API", "DARAA_API_PORT", settings.api.port)]
    if not settings.mongo.url:
        wanted.append(("The database", "DARAA_EMBEDDED_MONGO_PORT", settings.embedded.mongo_port))
    for role, port in redis_roles(settings).items():
        wanted.append((f"Redis ({role})", f"DARAA_EMBEDDED_REDIS_{role.upper()}_PORT", port))
    if not settings.payments.url:
        wanted.append(("The card provider", "DARAA_EMBEDDED_PROVIDER_PORT", settings.embedded.provider_port))
    seen: dict[int, str] = {}
    for name, variable, port in wanted:
        if port in seen:
            raise DaraaError(
                PORT_TWICE, f"{seen[port]} and {variable} are both {port}.", hint="Give each a port of its own."
            )
        seen[port] = variable
        if variable != "DARAA_API_PORT":
            require_free_port(HOST, port, name, variable)


def _say_configured(run: Run) -> None:
    # Addresses hold no passwords: the settings refuse them.
    redis = run.settings.redis
    configured = {
        "DARAA_MONGO_URL": run.settings.mongo.url,
        "DARAA_REDIS_SENTINELS": redis.sentinels,
        "DARAA_REDIS_CACHE_URL": redis.cache_url,
        "DARAA_REDIS_STATE_URL": redis.state_url,
        "DARAA_PAYMENTS_URL": run.settings.payments.url,
    }
    for variable, address in configured.items():
        if address:
            run.say(f"Not started, since {variable} is set: {address} is used.")


def _with_addresses(settings: Settings, roles: dict[RedisRole, int], *, database: bool) -> Settings:
    urls = {f"{role}_url": f"redis://{HOST}:{port}/0" for role, port in roles.items()}
    mongo = {"url": f"mongodb://{HOST}:{settings.embedded.mongo_port}/?directConnection=true"} if database else {}
    return _with_message_log(settings).model_copy(
        update={"mongo": settings.mongo.model_copy(update=mongo), "redis": settings.redis.model_copy(update=urls)}
    )


def _with_message_log(settings: Settings) -> Settings:
    """On a platform of one machine without an SMS gateway, messages are written to a file: codes are read there."""
    if settings.messages.sms_url or not is_local(settings):
        return settings
    return settings.model_copy(update={"messages": settings.messages.model_copy(update={"mode": "development"})})


async def _start_redis(run: Run, role: RedisRole, port: int, program: str, password: str) -> None:
    server = EmbeddedRedis(program, role, run.settings.home / "redis" / role, port, run.logs / f"redis-{role}.log")
    await run.parts.start(server.child(password), f"{program} on {HOST}:{port}")


async def _start_database(run: Run) -> None:
    folder = run.settings.home / "mongo"
    database = EmbeddedDatabase(
        find_database(kind_in(folder)),
        folder,
        run.settings.embedded.mongo_port,
        run.logs / "database.log",
        cache_mb=run.settings.embedded.mongo_cache_mb,
    )
    password = ensure_secret(run.settings.secrets_dir / f"mongo_{ADMIN}")
    is_new = begin_database(folder)
    await database.prepare(password)
    await run.parts.start(database.child(), f"{database.choice.kind.value} on {HOST}:{database.port}")
    await database.secure(password)
    if is_new:
        await database.lay_out(password)
