"""Says in the API's description which failures an operation may answer: from what it asks for, so none is forgotten."""

from typing import Any

from fastapi import FastAPI

from daraa.api.errors import MEDIA_TYPE, TYPE_BASE

Json = dict[str, Any]
PROBLEM: Json = {
    "type": "object",
    "description": "A failure, as RFC 9457 says. Further members tell what was in the way.",
    "required": ["type", "title", "status", "detail", "instance", "code", "retryable"],
    "properties": {
        "type": {"type": "string", "description": f"{TYPE_BASE}<code>"},
        "title": {"type": "string", "description": "What this code means, in the language of the answer."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What was wrong this time."},
        "instance": {"type": "string", "description": "The request's id, as in X-Request-ID."},
        "code": {"type": "string", "description": "Stable; what programs decide by."},
        "retryable": {"type": "boolean", "description": "True when the same request may succeed later."},
        "errors": {
            "type": "array",
            "description": "What is wrong with the request, place by place.",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {name: {"type": "string"} for name in ("pointer", "code", "detail")},
            },
        },
    },
}
_MEANINGS = {
    400: "The request is not valid",
    401: "No valid access token",
    403: "Not allowed for this account",
    404: "There is no such thing, or it is not the caller's",
    409: "It does not fit the present state, stock or price",
    412: "It was changed since it was read",
    413: "The body is too long",
    422: "A rule of the market is broken",
    423: "The wallet is frozen or closed",
    428: "If-Match is missing",
    429: "Too many tries",
    502: "The provider's answer was not understood",
    503: "Not possible now; try again",
}
_FASTAPIS = ("HTTPValidationError", "ValidationError")


class DescribedApi(FastAPI):
    """An application whose description names the failures of every operation."""

    def openapi(self) -> Json:
        """The OpenAPI document, made once."""
        if not self.openapi_schema:
            self.openapi_schema = with_failures(super().openapi())
        return self.openapi_schema


def with_failures(document: Json) -> Json:
    """The document with every operation's failures as problems; FastAPI's own 422, which is never sent, is gone."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in _FASTAPIS:
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM
    for item in document["paths"].values():
        for method, operation in item.items():
            _complete(operation, method)
    return document


def _complete(operation: Json, method: str) -> None:
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    told = {int(status) for status in responses if status >= "400"}
    for status in sorted(told | _failures(operation, method)):
        answer = responses.setdefault(str(status), {"description": _MEANINGS.get(status, "A failure")})
        answer.setdefault("content", {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}})
    operation["responses"] = dict(sorted(responses.items()))


def _failures(operation: Json, method: str) -> set[int]:
    """What follows from a token, an id, a body, a version or a key that the operation asks for."""
    parameters = {(each["in"], each["name"]) for each in operation.get("parameters", ())}
    secured, has_body = bool(operation.get("security")), "requestBody" in operation
    found = {400, 503}
    if secured:
        found |= {401, 403}
    if secured or has_body or parameters:
        found.add(404)
    if secured and method != "get":
        found.add(409)
    if has_body:
        found.add(413)
    if has_body or any(place == "query" for place, _ in parameters):
        found.add(422)
    if ("header", "If-Match") in parameters:
        found |= {412, 428}
    if ("header", "Idempotency-Key") in parameters:
        found |= {422, 423}
    return found
