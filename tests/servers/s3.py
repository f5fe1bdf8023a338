"""S3 servers for the test run: MinIO where it was built, OpenStack Swift on Linux, and moto's imitation anywhere."""

import importlib.util
import os
import secrets
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import anyio.to_thread
import boto3
from pydantic import SecretStr

from daraa.stores.objects import S3Target
from daraa.stores.process import Child, find_tool, tools_folder
from servers.ports import free_port
from servers.run import start

_HOST = "127.0.0.1"
_TESTS = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class S3Server:
    """Where a test server is, and its key pair."""

    kind: str
    endpoint: str
    access_key: str
    secret_key: str
    child: Child

    def bucket(self, *, lock: bool = False) -> S3Target:
        """A new, empty bucket; with `lock` one that can lock objects, which it has to be made with."""
        target = S3Target(
            bucket=f"t-{secrets.token_hex(6)}",
            endpoint=self.endpoint,
            access_key=SecretStr(self.access_key),
            secret_key=SecretStr(self.secret_key),
            retry_within_s=10.0,
        )
        self.client().create_bucket(Bucket=target.bucket, **({"ObjectLockEnabledForBucket": True} if lock else {}))
        return replace(target, prefix="some/place")

    def client(self):
        """Another client for the same server, to look at what ours did."""
        return _client(self.endpoint, self.access_key, self.secret_key)


def client_of(target: S3Target):
    """Another client with the key pair of a target."""
    return _client(target.endpoint, target.access_key.get_secret_value(), target.secret_key.get_secret_value())


def _client(endpoint: str | None, access_key: str, secret_key: str):
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
    )


def minio_program() -> str | None:
    """MinIO on PATH or in the tools folder."""
    found = shutil.which("minio") or find_tool(tools_folder(os.environ), "minio", "minio")
    return str(found) if found else None


def swift_there() -> bool:
    """Whether Swift is installed: its wheels exist for Linux alone."""
    return importlib.util.find_spec("swift") is not None


def best_kind() -> str:
    """The most capable server of this machine."""
    return "minio" if minio_program() else "swift" if swift_there() else "moto"


@contextmanager
def s3_server(kind: str, folder: Path) -> Iterator[S3Server]:
    """`minio`, `swift` or `moto`."""
    make = {"minio": _minio, "swift": _swift, "moto": _moto}[kind]
    port, access, secret = free_port(), "daraa:test", secrets.token_urlsafe(18)
    child = make(folder, port, access, secret)
    start(child)
    try:
        yield S3Server(kind, f"http://{_HOST}:{port}", access, secret, child)
    finally:
        child.kill()


def _minio(folder: Path, port: int, access: str, secret: str) -> Child:
    keys = _private(folder / "minio.env", f'export MINIO_ROOT_USER="{access}"\nexport MINIO_ROOT_PASSWORD="{secret}"\n')
    argv = (
        *(minio_program() or "minio", "server", "--quiet", "--certs-dir", str(folder / "certs")),
        *("--address", f"{_HOST}:{port}", "--console-address", f"{_HOST}:{free_port()}", str(folder / "data")),
    )
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "MINIO_CONFIG_ENV_FILE": str(keys),
        "MINIO_UPDATE": "off",
        "MINIO_BROWSER": "off",
    }
    return Child("minio", argv, env=env, log_path=folder / "log", ready=_probe(port, "/minio/health/ready"))


def _swift(folder: Path, port: int, access: str, secret: str) -> Child:
    _private(folder / "keys", f"{access}\n{secret}\n")
    argv = (sys.executable, "-W", "ignore", "-m", "servers.swift_process", str(folder), str(port))
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(_TESTS)}
    return Child("swift", argv, env=env, log_path=folder / "log", cwd=folder, ready=_probe(port, "/healthcheck"))


def _private(path: Path, text: str) -> Path:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write(text)
    return path


def _moto(folder: Path, port: int, _access: str, _secret: str) -> Child:
    argv = (sys.executable, "-m", "moto.server", "-H", _HOST, "-p", str(port))
    return Child("moto", argv, log_path=folder / "log", cwd=folder, ready=_probe(port, "/moto-api/"))


def _probe(port: int, path: str):
    def ask() -> bool:
        try:
            with urllib.request.urlopen(f"http://{_HOST}:{port}{path}", timeout=2) as answer:
                return answer.status == 200
        except (OSError, urllib.error.URLError):
            return False

    async def ready() -> bool:
        return await anyio.to_thread.run_sync(ask)

    return ready
