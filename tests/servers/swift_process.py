"""OpenStack Swift with its S3 interface in one process: proxy, account, container and object server on one disk.

`python -m servers.swift_process FOLDER PORT` serves on 127.0.0.1; the key pair is in FOLDER/keys, a line each.
"""

from __future__ import annotations

import configparser
import os
import sys
from pathlib import Path

import eventlet

eventlet.monkey_patch(thread=False)

from eventlet import wsgi  # noqa: E402
from swift.common.ring import RingBuilder  # noqa: E402
from swift.common.utils import set_swift_dir  # noqa: E402
from swift.common.wsgi import loadapp  # noqa: E402

HOST = "127.0.0.1"
STORAGE = ("account", "container", "object")
# Versioning needs symlink behind it; a cache would need a memcached and is only for tokens, which S3 does not use.
MIDDLEWARE = (
    *("catch_errors", "gatekeeper", "healthcheck", "bulk", "s3api", "tempauth"),
    *("copy", "slo", "dlo", "versioned_writes", "symlink"),
)
OPTIONS = {
    # Short pages, so that going through them is tried with few objects.
    "s3api": {"location": "us-east-1", "allowable_clock_skew": "900", "max_bucket_listing": "100"},
    "versioned_writes": {"allow_object_versioning": "true"},
}

# Made for racks of machines, it gives up after half a second and passes over a server that failed; here is only one,
# on a machine with much else to do. Listings would then lag behind what was written.
PATIENCE = {
    "conn_timeout": "20",
    "node_timeout": "60",
    "recoverable_node_timeout": "60",
    "container_update_timeout": "20",
    "error_suppression_limit": "1000000",
}


def main(folder: Path, port: int, user: str, secret: str) -> None:
    """Serve until killed; `user` is account:name."""
    _write(folder / "swift.conf", {"swift-hash": {"swift_hash_path_suffix": "daraa", "swift_hash_path_prefix": "t"}})
    set_swift_dir(str(folder))
    for name in STORAGE:
        listening = eventlet.listen((HOST, 0))
        _write_ring(folder / f"{name}.ring.gz", listening.getsockname()[1])
        eventlet.spawn(wsgi.server, listening, _storage(folder, name), log_output=False)
    proxy = _proxy(folder, user, secret)
    wsgi.server(eventlet.listen((HOST, port), backlog=128), proxy, log_output=False)


def _storage(folder: Path, name: str) -> object:
    program = "mem_object" if name == "object" and not keeps_attributes(folder) else name
    app = {"pipeline:main": {"pipeline": "app"}, "app:app": {"use": f"egg:swift#{program}"}}
    return loadapp(_write(folder / f"{name}.conf", _default(folder) | app), global_conf=None)


def _proxy(folder: Path, user: str, secret: str) -> object:
    filters = {f"filter:{name}": {"use": f"egg:swift#{name}", **OPTIONS.get(name, {})} for name in MIDDLEWARE}
    filters["filter:tempauth"][f"user_{user.replace(':', '_')}"] = f"{secret} .admin"
    pipeline = {"pipeline:main": {"pipeline": " ".join([*MIDDLEWARE, "proxy-server"])}}
    app = {"app:proxy-server": {"use": "egg:swift#proxy", "account_autocreate": "true"}}
    return loadapp(_write(folder / "proxy.conf", _default(folder) | pipeline | filters | app), global_conf=None)


def _default(folder: Path) -> dict[str, dict[str, str]]:
    disks = folder / "disks"
    (disks / "d").mkdir(parents=True, exist_ok=True)
    words = {"swift_dir": str(folder), "devices": str(disks), "mount_check": "false", "fallocate_reserve": "0"}
    # By its address: a bare machine has no name for itself, and no /dev/log either.
    return {"DEFAULT": {**words, **PATIENCE, "log_level": "ERROR", "log_udp_host": HOST}}


def _write(path: Path, sections: dict[str, dict[str, str]]) -> str:
    parser = configparser.RawConfigParser()
    parser.read_dict(sections)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        parser.write(file)
    return str(path)


def _write_ring(path: Path, port: int) -> None:
    """One copy of everything, on the one disk."""
    builder = RingBuilder(part_power=4, replicas=1, min_part_hours=1)
    builder.add_dev({"region": 1, "zone": 1, "ip": HOST, "port": port, "device": "d", "weight": 1.0})
    builder.rebalance()
    builder.get_ring().save(str(path))


def keeps_attributes(folder: Path) -> bool:
    """False on file systems without user attributes, such as an older tmpfs: objects are then held in memory."""
    try:
        os.setxattr(folder, "user.daraa", b"1")
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *(Path(sys.argv[1]) / "keys").read_text().split())
