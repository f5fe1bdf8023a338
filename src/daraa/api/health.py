"""Whether this process lives, and whether it can do its work: each dependency with its state and what was seen."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from daraa.api.errors import NOT_READY, problem
from daraa.kernel.checks import Check, CheckState
from daraa.kernel.errors import DaraaError

router = APIRouter(prefix="/health", tags=["health"])
FRESH_S = 1.0
"""How long one look at the dependencies answers all probes, in seconds."""
LONGEST_S = 2.5
"""After this a dependency that has not answered counts as failed, in seconds."""


class Role(StrEnum):
    """What a caller means to send here."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Dependency:
    """Something that requests need. `look` says what it saw or raises; `needed_for` are the roles that fail without."""

    name: str
    look: Callable[[], Awaitable[str]]
    needed_for: frozenset[Role] = frozenset(Role)


class Readiness:
    """Looks at all dependencies together, at most once a second however many ask, and never inside a request."""

    def __init__(self, dependencies: Sequence[Dependency]) -> None:
        self._dependencies = tuple(dependencies)
        self._looking: asyncio.Task[tuple[Check, ...]] | None = None
        self._seen: tuple[Check, ...] = ()
        self._seen_at = float("-inf")

    async def checks(self) -> tuple[Check, ...]:
        """One check for each dependency, at most a second old."""
        if time.monotonic() - self._seen_at < FRESH_S:
            return self._seen
        if self._looking is None or self._looking.done():
            # A context of its own: what is looked at here belongs to no request's count or time bound.
            self._looking = asyncio.get_running_loop().create_task(self._look(), context=Context())
        return await asyncio.shield(self._looking)

    def failing(self, checks: Sequence[Check], role: Role) -> list[str]:
        """The names of the dependencies that this role cannot do without and that are not in order."""
        needed = {each.name for each in self._dependencies if role in each.needed_for}
        bad = (CheckState.FAIL, CheckState.UNKNOWN)
        return [each.name for each in checks if each.name in needed and each.state in bad]

    async def close(self) -> None:
        """Stop a look that is under way."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _look(self) -> tuple[Check, ...]:
        seen = tuple(await asyncio.gather(*(_check(each) for each in self._dependencies)))
        self._seen, self._seen_at = seen, time.monotonic()
        return seen


async def _check(dependency: Dependency) -> Check:
    try:
        async with asyncio.timeout(LONGEST_S):
            return Check(dependency.name, CheckState.OK, await dependency.look())
    except DaraaError as error:
        return Check(dependency.name, CheckState.FAIL, error.message, error.hint)
    except TimeoutError:
        return Check(dependency.name, CheckState.FAIL, f"no answer within {LONGEST_S:g} s", "Is it running?")
    except Exception as error:  # noqa: BLE001, RUF100 - whatever it was, the check says that it could not be made
        return Check(dependency.name, CheckState.UNKNOWN, f"the check itself failed: {type(error).__name__}")


class ReadyParameters(BaseModel):
    """For whom the question is asked."""

    model_config = ConfigDict(extra="forbid")
    role: Annotated[
        Role, Field(description="`read`: lists and pages. `write`: needs a writable primary and Redis state as well.")
    ] = Role.READ


class Live(BaseModel):
    """The process answers."""

    status: str = "live"


class SeenCheck(BaseModel):
    """One dependency: its state (ok, warn, fail, unknown), what was seen, and what to do."""

    name: str
    state: CheckState
    evidence: str
    hint: str


class Ready(BaseModel):
    """Everything the role needs is in order."""

    status: str
    role: Role
    checks: list[SeenCheck]


@router.get("/live", response_model=Live, summary="Does the process answer?")
async def live() -> Response:
    """Always 200 while the process runs; it looks at nothing else."""
    return Response(b'{"status":"live"}', media_type="application/json")


@router.get(
    "/ready", response_model=Ready, summary="Can it do its work?", responses={503: {"description": "Not ready"}}
)
async def ready(request: Request, wanted: Annotated[ReadyParameters, Query()]) -> Response:
    """200 when all that the role needs is in order, else 503 as a problem whose `failing` names what is not."""
    readiness: Readiness = request.app.state.readiness
    checks = await readiness.checks()
    failing = readiness.failing(checks, wanted.role)
    shown: dict[str, Any] = {"role": wanted.role, "checks": [asdict(each) for each in checks]}
    if not failing:
        return Response(to_json({"status": "ready", **shown}), media_type="application/json")
    detail = "; ".join(f"{each.name}: {each.evidence}" for each in checks if each.name in failing)
    return problem(
        NOT_READY,
        language=request.state.language,
        instance=request.state.request_id,
        detail=detail,
        extra={"failing": failing, **shown},
    )
