"""Writes the first administrator into a stopped SecantusDB Python store.

That server has no localhost exception (its Rust sibling and mongod do): the documented way is to run it once without
authentication. Writing the user before the first start leaves no moment in which anybody on the machine may come in.
Run as `python -m daraa.stores.process.secantus_user <store> <user>` with the password on standard input, so that the
storage engine is loaded in a process of its own.
"""

import importlib
import sys
from typing import Any


def add_first_user(store: str, user: str, password: str) -> bool:
    """Add `user` with role root on admin; False when it is there already (its password is left alone)."""
    # Loaded by name: the package is optional and has no types.
    derive_credentials = importlib.import_module("secantus.auth").derive_credentials
    storage: Any = importlib.import_module("secantus.storage").Storage(
        store, enable_oplog=True, ttl_sweep_seconds=3600.0, cache_size="64M", sync_on_commit=True
    )
    try:
        record = {
            "_id": f"admin.{user}",
            "user": user,
            "db": "admin",
            "credentials": dict(derive_credentials(password, username=user).to_doc()),
            "roles": [{"role": "root", "db": "admin"}],
            "mechanisms": ["SCRAM-SHA-256"],
        }
        return bool(storage.add_user("admin", user, record, replace=False))
    finally:
        storage.close()


def main() -> int:
    """Entry point; exit status 0 whether the user was added or was there."""
    store, user = sys.argv[1:3]
    password = sys.stdin.readline().rstrip("\n")
    if not password:
        sys.stderr.write("the administrator's password is expected on standard input\n")
        return 2
    add_first_user(store, user, password)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
