"""How the story is told: a line for each step, an HTTP call behind most of them, and a stop at the first surprise."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

T = TypeVar("T")
WIDTH = 120
PATIENCE_S = 60.0
"""How long the story waits for what the worker or the card provider does in the background."""
PAUSE_S = 0.2
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


class Surprise(Exception):
    """Something was not as the story goes."""


@dataclass
class Person:
    """Somebody in the story: what they are called, their number and language, and the token of their session."""

    name: str
    phone: str
    language: str = "en"
    token: str = ""
    refresh: str = ""
    roles: tuple[str, ...] = ()

    def enter(self, tokens: dict[str, Any]) -> None:
        """Keep what a login or a refresh gave."""
        self.token, self.refresh = tokens["access_token"], tokens["refresh_token"]
        self.roles = tuple(tokens["account"]["roles"])


@dataclass(frozen=True)
class Answer:
    """What the API said: the part under `data`, the headers, and the whole body."""

    data: Any
    headers: httpx.Headers
    body: dict[str, Any]

    @property
    def version(self) -> str:
        """What a change of what was answered names in If-Match."""
        etag: str = self.headers["etag"]
        return etag


@dataclass
class Story:
    """A running platform as its users see it, and the place to which the story is told."""

    base: str
    home: Path
    said: list[str] = field(default_factory=list)
    steps: int = 0

    def __post_init__(self) -> None:
        self._http = httpx.Client(base_url=self.base, timeout=30)

    def chapter(self, title: str) -> None:
        """Begin a chapter."""
        self._say("")
        self._say(title)

    def tell(self, done: str, came_back: str) -> None:
        """One step: what was done, and what came back."""
        self.steps += 1
        line = f"{self.steps:>3}. {done} → {came_back}"
        self._say(line if len(line) <= WIDTH else line[: WIDTH - 1] + "…")

    def _say(self, line: str) -> None:
        self.said.append(line)
        print(line, flush=True)

    def call(
        self,
        method: str,
        path: str,
        status: int,
        by: Person | None = None,
        body: Any = None,
        *,
        once: str | None = None,
        language: str | None = None,
        **headers: str,
    ) -> Answer:
        """Send one request and get the answer with exactly this status; Surprise for any other.

        `once` is the request's idempotency key; further headers have _ for -.
        """
        sent = {"Accept-Language": language or (by.language if by else "en")}
        sent |= {name.replace("_", "-"): text for name, text in headers.items()}
        sent |= {"Authorization": f"Bearer {by.token}"} if by and by.token else {}
        sent |= {"Idempotency-Key": once} if once else {}
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        sent |= {} if body is None else {"Content-Type": "application/json"}
        answer = self._http.request(method, path, content=content, headers=sent)
        if answer.status_code != status:
            raise Surprise(f"{method} {path} answered {answer.status_code}, not {status}:\n{answer.text}")
        whole: dict[str, Any] = answer.json() if answer.content else {}
        return Answer(whole.get("data"), answer.headers, whole)

    def get(self, path: str, by: Person | None = None, **headers: str) -> Answer:
        """Read something that is there."""
        return self.call("GET", path, 200, by, **headers)

    def refused(self, method: str, path: str, status: int, code: str, by: Person | None, body: Any = None) -> str:
        """Try what must not work; its status and stable code."""
        answer = self.call(method, path, status, by, body, once=os.urandom(12).hex())
        if answer.body.get("code") != code:
            raise Surprise(f"{method} {path} was refused with {answer.body.get('code')}, not {code}")
        return f"{status} {code}"

    def until(self, what: str, look: Callable[[], T | None]) -> T:
        """Look again and again until something is there that others do in the background; Surprise after a minute."""
        end = time.monotonic() + PATIENCE_S
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > end:
                raise Surprise(f"not within {PATIENCE_S:.0f} s: {what}")
            time.sleep(PAUSE_S)

    def log_in(self, person: Person) -> bool:
        """Log in by the code of the SMS, which the development sender wrote down; True when the number was new."""
        self.call("POST", "/v1/auth/otp", 202, person, {"phone": person.phone})
        code = self.until(f"a code for {person.phone} in {self._messages}", lambda: self._code_for(person.phone))
        words = {"phone": person.phone, "code": code, "name": person.name, "device": "the story"}
        tokens = self.call("POST", "/v1/auth/otp/verify", 200, person, words).data
        person.enter(tokens)
        return bool(tokens["is_new"])

    @property
    def _messages(self) -> Path:
        return self.home / "logs" / "messages.log"

    def _code_for(self, phone: str) -> str | None:
        lines = self._messages.read_text(encoding="utf-8").splitlines() if self._messages.exists() else []
        texts = [each["text"] for each in map(json.loads, lines) if each["to"] == phone]
        codes = [found[0] for text in texts if (found := _CODE.search(text))]
        return codes[-1] if codes else None

    def operate(self, *words: str, typed: str = "") -> str:
        """Run `daraa <words>` on the platform's folder, as an operator does; its output. Surprise unless it exits 0."""
        done = subprocess.run(
            [sys.executable, "-P", "-m", "daraa.cli", *words],
            env=os.environ | {"DARAA_HOME": str(self.home)},
            input=typed,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode != 0:
            raise Surprise(f"daraa {' '.join(words)} exited {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout


def money(amount: dict[str, Any]) -> str:
    """An amount for people."""
    return f"{amount['amount'] / 100:,.2f} {amount['currency']}"


def some(count: int, one: str) -> str:
    """So many of something, in words."""
    return f"{count} {one}" if count == 1 else f"{count} {one}s"
