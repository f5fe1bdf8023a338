"""Reads one pinned file from the package index this machine is configured for, with the standard library alone."""

from __future__ import annotations

import base64
import configparser
import hashlib
import os
import re
import ssl
import urllib.parse
import urllib.request
from dataclasses import dataclass
from html import unescape
from pathlib import Path

DEFAULT_INDEX = "https://pypi.org/simple"
TIMEOUT_S = 60


@dataclass(frozen=True)
class IndexSettings:
    """Where packages come from, as pip or uv is configured on this machine."""

    url: str
    extra_urls: tuple[str, ...]
    ca_bundle: str | None


def index_settings(env: dict[str, str]) -> IndexSettings:
    """What the environment says, else pip's configuration files, else the public index."""
    pip = _pip_configuration(env)
    url = env.get("UV_DEFAULT_INDEX") or env.get("UV_INDEX_URL") or env.get("PIP_INDEX_URL") or pip.get("index-url")
    extra = env.get("PIP_EXTRA_INDEX_URL") or pip.get("extra-index-url") or ""
    bundle = env.get("PIP_CERT") or env.get("SSL_CERT_FILE") or pip.get("cert")
    usable = bundle if bundle and Path(bundle).is_file() else None
    return IndexSettings((url or DEFAULT_INDEX).rstrip("/"), tuple(extra.split()), usable)


def _pip_configuration(env: dict[str, str]) -> dict[str, str]:
    """pip's own files, weakest first, so that the user's word wins over the machine's."""
    home = Path(env.get("HOME") or "/")
    config_home = Path(env.get("XDG_CONFIG_HOME") or home / ".config")
    files = [Path("/etc/pip.conf"), home / ".pip" / "pip.conf", config_home / "pip" / "pip.conf"]
    if chosen := env.get("PIP_CONFIG_FILE"):
        files = [] if chosen == os.devnull else [*files, Path(chosen)]
    parser = configparser.RawConfigParser()
    parser.read(files, encoding="utf-8")
    found: dict[str, str] = {}
    for section in ("global", "install"):
        if parser.has_section(section):
            found.update(parser.items(section))
    return found


def fetch_pinned(settings: IndexSettings, project: str, filename: str, sha256: str) -> bytes:
    """The bytes of `filename`; raises ValueError where the index lacks it or the bytes are not the pinned ones."""
    page_url = f"{settings.url}/{project}/"
    page = _get(settings, page_url).decode("utf-8", "replace")
    link = re.search(r'href="([^"]*/' + re.escape(filename) + r'(?:#[^"]*)?)"', page)
    if link is None:
        raise ValueError(f"the package index lists no {filename}")
    data = _get(settings, urllib.parse.urljoin(page_url, unescape(link.group(1))).split("#")[0])
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError(f"{filename} is not the pinned file: its SHA-256 differs")
    return data


def _get(settings: IndexSettings, url: str) -> bytes:
    parts = urllib.parse.urlsplit(url)
    request = urllib.request.Request(url, headers={"Accept": "text/html, */*;q=0.1"})
    index_host = urllib.parse.urlsplit(settings.url).netloc
    account = index_host.rpartition("@")[0]
    if account and parts.netloc.rpartition("@")[2] == index_host.rpartition("@")[2]:
        bare = parts._replace(netloc=parts.netloc.rpartition("@")[2])
        request.full_url = urllib.parse.urlunsplit(bare)
        token = base64.b64encode(urllib.parse.unquote(account).encode()).decode()
        request.add_header("Authorization", f"Basic {token}")
    context = _tls(settings, private=bool(account))
    with urllib.request.urlopen(request, timeout=TIMEOUT_S, context=context) as answer:
        return bytes(answer.read())


def _tls(settings: IndexSettings, *, private: bool) -> ssl.SSLContext:
    """Certificates are checked, except on a machine that has none: there the pinned SHA-256 alone vouches for the file.

    A minimal Debian has no certificate store; uv, once fetched, brings its own. With credentials there is no exception.
    """
    context = ssl.create_default_context(cafile=settings.ca_bundle)
    if not settings.ca_bundle and not private and not _has_certificates(context):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _has_certificates(context: ssl.SSLContext) -> bool:
    directory = ssl.get_default_verify_paths().capath
    return bool(context.get_ca_certs()) or bool(directory and any(Path(directory).glob("*.0")))
