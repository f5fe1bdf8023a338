"""Every failure as `application/problem+json` (RFC 9457), in the caller's language and without any inner detail."""

import difflib
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.responses import Response

from daraa.kernel.errors import INTERNAL, REGISTRY, DaraaError, register
from daraa.kernel.languages import DEFAULT, Language

MEDIA_TYPE = "application/problem+json"
TYPE_BASE = "https://daraa.example/problems/"
INVALID = register("api.request.invalid", status=400, en="The request is not valid", ar="الطلب غير صالح")
UNREADABLE = register("api.request.unreadable", status=400, en="The address cannot be read", ar="تعذرت قراءة العنوان")
ROUTE_UNKNOWN = register("api.route.unknown", status=404, en="There is nothing at this address", ar="لا شيء هنا")
METHOD_REFUSED = register("api.method.refused", status=405, en="Not with this method", ar="الطريقة غير مسموحة")
TOO_LONG = register("api.body.toolong", status=413, en="The body is too long", ar="نص الطلب أطول من المسموح")
REFUSED = register("api.request.refused", status=400, en="The request was refused", ar="رُفض الطلب")
NOT_READY = register(
    "api.service.unready", status=503, retryable=True, en="The service is not ready", ar="الخدمة غير جاهزة"
)
RETRY_AFTER_S = 1
_LOG = logging.getLogger("daraa.api")
_PRIVATE = frozenset({"ar", "retry_after_s"})
"""Details that are said in another place: the Arabic sentence as `detail`, the wait as a header."""


def problem(
    code: str,
    *,
    language: Language,
    instance: str,
    detail: str | None = None,
    extra: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """One failure as a response; `instance` is the request id, `extra` become further members, never one of its own."""
    spec = REGISTRY[code]
    title = spec.ar if language == "ar" else spec.en
    own = {
        "type": TYPE_BASE + code,
        "title": title,
        "status": spec.status,
        "detail": detail or title,
        "instance": instance,
        "code": code,
        "retryable": spec.retryable,
    }
    body = {**own, **(extra or {}), **own}
    retry = {"retry-after": str(RETRY_AFTER_S)} if spec.status == 503 else {}
    return Response(
        to_json(body, serialize_unknown=True), spec.status, {**retry, **(headers or {})}, media_type=MEDIA_TYPE
    )


def of_error(error: DaraaError, language: Language, instance: str) -> Response:
    """A foreseen failure. Those on our side (5xx) show their title only: addresses and causes are for the log."""
    if error.spec.status >= 500:
        return problem(error.code, language=language, instance=instance)
    extra: dict[str, Any] = {key: value for key, value in error.details.items() if key not in _PRIVATE}
    detail = error.details.get("ar") if language == "ar" else str(error)
    if parameter := extra.pop("parameter", None):
        extra["errors"] = [{"pointer": f"/query/{parameter}", "code": error.code, "detail": detail or error.spec.ar}]
    wait = error.details.get("retry_after_s")
    headers = {"retry-after": str(wait)} if isinstance(wait, int) else None
    return problem(error.code, language=language, instance=instance, detail=detail, extra=extra, headers=headers)


def unexpected(language: Language, instance: str) -> Response:
    """An unforeseen failure: nothing but the request id, under which the log has the rest."""
    return problem(INTERNAL, language=language, instance=instance)


def install(app: FastAPI) -> None:
    """Let every failure below the edge come out as a problem."""
    app.add_exception_handler(DaraaError, _on_daraa)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)


def _spoken(request: Request) -> tuple[Language, str]:
    language: Language = getattr(request.state, "language", DEFAULT)
    return language, getattr(request.state, "request_id", "")


async def _on_daraa(request: Request, error: Exception) -> Response:
    assert isinstance(error, DaraaError)
    if error.spec.status >= 500:
        _LOG.error("%s: %s", error.code, error, exc_info=None if error.retryable else error)
    return of_error(error, *_spoken(request))


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    language, instance = _spoken(request)
    known = _parameters(request)
    found = [_entry(each, known, language) for each in error.errors()[:20]]
    detail = " ".join(each["detail"] for each in found[:3])
    return problem(INVALID, language=language, instance=instance, detail=detail, extra={"errors": found})


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    language, instance = _spoken(request)
    code = {404: ROUTE_UNKNOWN, 405: METHOD_REFUSED, 413: TOO_LONG}.get(error.status_code, REFUSED)
    if error.status_code >= 500:
        code = INTERNAL
    return problem(code, language=language, instance=instance, headers=error.headers)


def _parameters(request: Request) -> list[str]:
    """The names that the matched route takes in its query and body, for the message about a misspelt one."""
    dependant = getattr(request.scope.get("route"), "dependant", None)
    fields = [*dependant.query_params, *dependant.body_params] if dependant else []
    models = [field.field_info.annotation for field in fields]
    return [name for model in models for name in getattr(model, "model_fields", ())]


def _entry(found: Mapping[str, Any], known: Iterable[str], language: Language) -> dict[str, str]:
    place = [str(part) for part in found["loc"]]
    kind = str(found["type"])
    name = place[-1]
    words = _extra_forbidden(name, known) if kind == "extra_forbidden" else _sentence(name, found)
    detail = words[0] if language == "en" else words[1]
    return {"pointer": "/" + "/".join(_escaped(part) for part in place), "code": kind, "detail": detail}


def _escaped(part: str) -> str:
    """One step of a JSON pointer (RFC 6901)."""
    return part[:60].replace("~", "~0").replace("/", "~1")


def _extra_forbidden(name: str, known: Iterable[str]) -> tuple[str, str]:
    known = sorted(known)
    near = difflib.get_close_matches(name[:60], known, n=1, cutoff=0.5)
    if near:
        return f"Unknown parameter {name[:60]!r}; did you mean {near[0]!r}?", f"معامل مجهول؛ هل تقصد {near[0]}؟"
    listed = ", ".join(known) or "none"
    return f"Unknown parameter {name[:60]!r}; known: {listed}.", f"معامل مجهول؛ المعروفة: {listed}."


def _sentence(name: str, found: Mapping[str, Any]) -> tuple[str, str]:
    """pydantic's sentence in English; in Arabic the bound, or that the value does not fit."""
    limits = {key: value for key, value in (found.get("ctx") or {}).items() if isinstance(value, (int, str))}
    bound = next((str(limits[key]) for key in ("ge", "gt", "le", "lt", "max_length", "expected") if key in limits), "")
    return f"{name}: {found['msg']}.", f"قيمة {name} غير صالحة" + (f" (الحد {bound})." if bound else ".")
