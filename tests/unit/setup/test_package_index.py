"""Set-up runs before anything is installed, behind mirrors and on machines without pip: what it reads and refuses."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "package_index.py"
WHEEL = b"the bytes of a wheel"
SHA256 = hashlib.sha256(WHEEL).hexdigest()


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("package_index", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


package_index: Any = load()


class Mirror(BaseHTTPRequestHandler):
    """A package index of one project behind a password; it lists another version before and after the wanted one."""

    wanted = "Basic " + base64.b64encode(b"me:pass word").decode()

    def do_GET(self) -> None:
        allowed = self.headers.get("Authorization") == self.wanted
        page = "".join(f'<a href="../../files/uv-{v}.whl#sha256=ab">uv-{v}.whl</a>' for v in ("1.9", "1.10", "1.11"))
        body = {"/simple/uv/": page.encode(), "/files/uv-1.10.whl": WHEEL}.get(self.path) if allowed else b"who?"
        self.send_response(404 if body is None else 200 if allowed else 401)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def mirror() -> Iterator[str]:
    server = next(made for port in range(21000, 29999) if (made := listening(port)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def listening(port: int) -> ThreadingHTTPServer | None:
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), Mirror)
    except OSError:
        return None


def settings_at(address: str) -> Any:
    return package_index.IndexSettings(f"http://me:pass%20word@{address}/simple", (), None)


def test_the_pinned_file_is_fetched_from_a_mirror_with_its_credentials(mirror: str) -> None:
    assert package_index.fetch_pinned(settings_at(mirror), "uv", "uv-1.10.whl", SHA256) == WHEEL


def test_other_bytes_than_the_pinned_ones_are_refused(mirror: str) -> None:
    with pytest.raises(ValueError, match="not the pinned file"):
        package_index.fetch_pinned(settings_at(mirror), "uv", "uv-1.10.whl", "0" * 64)


def test_a_file_that_the_index_does_not_list_is_named_without_the_credentials(mirror: str) -> None:
    with pytest.raises(ValueError, match=r"lists no uv-1\.12\.whl") as refused:
        package_index.fetch_pinned(settings_at(mirror), "uv", "uv-1.12.whl", SHA256)
    assert "pass" not in str(refused.value)


def test_the_public_index_is_used_where_nothing_is_configured(tmp_path: Path) -> None:
    found = package_index.index_settings({"HOME": str(tmp_path), "PIP_CONFIG_FILE": "/dev/null"})
    assert found == package_index.IndexSettings(package_index.DEFAULT_INDEX, (), None)


def test_the_environment_wins_over_pip_conf_and_the_users_file_is_read(tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("")
    file = tmp_path / ".config" / "pip" / "pip.conf"
    file.parent.mkdir(parents=True)
    file.write_text(
        f"[global]\nindex-url = http://one.test/simple/\ncert = {bundle}\n[install]\nextra-index-url =\n  http://two.test\n"
    )
    found = package_index.index_settings({"HOME": str(tmp_path)})
    assert found == package_index.IndexSettings("http://one.test/simple", ("http://two.test",), str(bundle))
    other = package_index.index_settings({"HOME": str(tmp_path), "PIP_INDEX_URL": "http://three.test/x"})
    assert other.url == "http://three.test/x"
