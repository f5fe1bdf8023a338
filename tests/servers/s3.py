"""An S3 server for the test run: MinIO when it was built, else moto's, which every machine can install."""

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


@dataclass(frozen=True)
class S3Server:
    """Where a test server is, and its key pair."""

    kind: str
    endpoint: str
    access_key: str
    secret_key: str
    child: Child

    def bucket(self) -> S3Target:
        """A new, empty bucket."""
        target = S3Target(
            bucket=f"t-{secrets.token_hex(6)}",
            endpoint=self.endpoint,
            access_key=SecretStr(self.access_key),
            secret_key=SecretStr(self.secret_key),
            retry_within_s=10.0,
        )
        self.client().create_bucket(Bucket=target.bucket)
        return replace(target, prefix="some/place")

    def client(self):
        """Another client for the same server, to look at what ours did."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
        )


def minio_program() -> str | None:
    """MinIO on PATH or in the tools folder."""
    found = shutil.which("minio") or find_tool(tools_folder(os.environ), "minio", "minio")
    return str(found) if found else None


@contextmanager
def s3_server(kind: str, folder: Path) -> Iterator[S3Server]:
    """`minio` or `moto`."""
    port, access, secret = free_port(), "daraa-test", secrets.token_urlsafe(18)
    endpoint = f"http://{_HOST}:{port}"
    child = _minio(folder, port, access, secret) if kind == "minio" else _moto(folder, port)
    start(child)
    try:
        yield S3Server(kind, endpoint, access, secret, child)
    finally:
        child.kill()


def _minio(folder: Path, port: int, access: str, secret: str) -> Child:
    keys = folder / "minio.env"
    keys.write_text(f'export MINIO_ROOT_USER="{access}"\nexport MINIO_ROOT_PASSWORD="{secret}"\n')
    keys.chmod(0o600)
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


def _moto(folder: Path, port: int) -> Child:
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
