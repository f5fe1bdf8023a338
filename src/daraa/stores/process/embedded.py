"""The embedded database: how each kind of server is laid out in its folder, started, and given its administrator."""

import asyncio
import os
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from daraa.declare.access import ADMIN
from daraa.kernel.errors import DaraaError
from daraa.stores.process.child import Child
from daraa.stores.process.embedded_choice import DatabaseChoice, DatabaseKind
from daraa.stores.process.errors import BOOTSTRAP_FAILED
from daraa.stores.process.mongo_admin import answers_hello, ensure_admin, limit_transactions, touch_all_tables


@dataclass(frozen=True, slots=True)
class EmbeddedDatabase:
    """One database server on the loopback interface with authentication on; all it keeps is under `folder`.

    `cache_mb` is the storage engine's cache in MiB (`mongod` takes no less than 256). `log_file_mb` is the size of
    one write-ahead log file of the Rust server, allocated in full at start. `transactions_s` is how long the open
    transaction of a dead process keeps others from its documents, in seconds: more than our own longest takes.
    """

    choice: DatabaseChoice
    folder: Path
    port: int
    log_path: Path
    host: str = "127.0.0.1"
    cache_mb: int = 256
    log_file_mb: int = 128
    ready_within_s: float = 60.0
    transactions_s: int = 15

    def argv(self) -> tuple[str, ...]:
        """The whole command line; holds no secret."""
        if self.choice.kind is DatabaseKind.MONGOD:
            return (*self.choice.program, *self._mongod_options())
        return (*self.choice.program, *self._secantus_options())

    def child(self) -> Child:
        """The server as a child process; `prepare` must have run once, `secure` follows its first start."""
        host, port = self.host, self.port

        async def ready() -> bool:
            return await answers_hello(host, port)

        return Child(
            "database",
            self.argv(),
            log_path=self.log_path,
            cwd=self.folder,
            ready=ready,
            ready_within_s=self.ready_within_s,
            stop_within_s=30.0,
        )

    async def prepare(self, admin_password: str) -> None:
        """Make the folder and the files that the server wants before it starts; may be repeated."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)
        self._data.mkdir(exist_ok=True, mode=0o700)
        if self.choice.kind is DatabaseKind.MONGOD:
            _write_once(self._key_file, secrets.token_urlsafe(96))
            return
        # Without this the server takes the first secantusd.toml it finds in the home folder or in /etc.
        _write_once(self._config_file, "# Every option is on the command line.\n")
        if self.choice.kind is DatabaseKind.SECANTUS_PY:
            await asyncio.to_thread(self._add_first_user, admin_password)

    async def secure(self, admin_password: str) -> None:
        """Make sure, on the running server, that the administrator can log in; may be repeated.

        A SecantusDB takes the limit of transactions only here, not on its command line, and forgets it when it ends.
        """
        await ensure_admin(self.host, self.port, ADMIN, admin_password)
        if self.choice.kind is not DatabaseKind.MONGOD:
            await limit_transactions(self.host, self.port, ADMIN, admin_password, self.transactions_s)

    async def lay_out(self, admin_password: str) -> None:
        """Have a new SecantusDB make all tables of its storage engine; others need nothing. Follows `secure`.

        It makes them on first use, and a kill in that moment ruins one for good: better now, while a start that is
        killed can begin anew, than when a later version brings a collection.
        """
        if self.choice.kind is not DatabaseKind.MONGOD:
            await touch_all_tables(self.host, self.port, ADMIN, admin_password)

    async def start(self, admin_password: str) -> Child:
        """Prepare, start and secure it; returns the running child. Nothing runs after an error."""
        await self.prepare(admin_password)
        child = self.child()
        await child.start()
        try:
            await self.secure(admin_password)
        except BaseException:
            await child.stop()
            raise
        return child

    @property
    def _data(self) -> Path:
        return self.folder / self.choice.kind.value

    @property
    def _key_file(self) -> Path:
        return self.folder / "keyfile"

    @property
    def _config_file(self) -> Path:
        return self.folder / "secantusd.toml"

    def _mongod_options(self) -> tuple[str, ...]:
        # Transactions and change streams need a replica set; authentication in a set needs a key file.
        return (
            *("--auth", "--replSet", "rs0", "--keyFile", str(self._key_file)),
            *("--bind_ip", self.host, "--port", str(self.port), "--nounixsocket"),
            *("--dbpath", str(self._data), "--wiredTigerCacheSizeGB", f"{max(self.cache_mb, 256) / 1024:.2f}"),
            *("--setParameter", f"transactionLifetimeLimitSeconds={self.transactions_s}"),
            "--quiet",
        )

    def _secantus_options(self) -> tuple[str, ...]:
        options = (
            *("--config", str(self._config_file), "--auth", "--sync-on-commit"),
            *("--host", self.host, "--port", str(self.port)),
            *("--storage-path", str(self._data), "--cache-size", f"{self.cache_mb}M", "--log-level", "WARNING"),
        )
        if self.choice.kind is DatabaseKind.SECANTUS_RS:
            return (*options, "--log-file-max", f"{self.log_file_mb}MB")
        return options

    def _add_first_user(self, admin_password: str) -> None:
        done = subprocess.run(  # noqa: S603  (our own interpreter and module)
            [sys.executable, "-P", "-m", "daraa.stores.process.secantus_user", str(self._data), ADMIN],
            input=admin_password + "\n",
            capture_output=True,
            text=True,
            timeout=self.ready_within_s,
            check=False,
        )
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no output"])[-1]
            raise DaraaError(
                BOOTSTRAP_FAILED,
                f"The administrator could not be written into {self._data}: {last}",
                hint="Another server may still be using the folder, or the disk may be full.",
            )


def _write_once(path: Path, text: str) -> None:
    # Written aside and linked, so that a crash leaves either no file or a whole one.
    if path.exists():
        return
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
