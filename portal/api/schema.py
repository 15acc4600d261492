"""What every operation of the OpenAPI page says beside its own answer: keys, headers, errors.

Written once here, so that a view documents only what is its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from pydantic import BaseModel, Field

from portal.api.limits import limits_text, quotas_text
from portal.api.schema_headers import HEADERS, add_headers
from portal.errors import STATUS, ErrorCode

MEANING: dict[ErrorCode, str] = {
    ErrorCode.INVALID_JSON: "The body is not UTF-8 JSON, is nested deeper than 200 levels, "
    "or repeats a key.",
    ErrorCode.INVALID_REQUEST: "The request cannot be carried out as it stands; see `details`.",
    ErrorCode.UNAUTHORIZED: "The key is missing, wrong, expired or revoked.",
    ErrorCode.FORBIDDEN: "The key lacks the scope, or names a clinic that is not its own.",
    ErrorCode.NOT_FOUND: "There is no such row for this key.",
    ErrorCode.METHOD_NOT_ALLOWED: "This address does not take this method.",
    ErrorCode.CONFLICT: "Another row has this already, see `details`; or a request with this "
    "`Idempotency-Key` is still running, see `Retry-After`.",
    ErrorCode.PRECONDITION_FAILED: "Somebody else changed the row: its `ETag` is another one now.",
    ErrorCode.PAYLOAD_TOO_LARGE: "Too many bytes or rows; nothing was created.",
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: "The body is not sent as application/json.",
    ErrorCode.IDEMPOTENCY_KEY_REUSED: "This `Idempotency-Key` was used for another request.",
    ErrorCode.RATE_LIMITED: "Too many requests; see `Retry-After`.",
    ErrorCode.INTERNAL: "A fault of ours; the request id helps us to find it.",
    ErrorCode.UNAVAILABLE: "Out of reach for a moment; see `Retry-After`.",
}
_INTRODUCTION = (
    "Send your key as `Authorization: Bearer KEY` or `x-api-key: KEY`. A key of several clinics "
    "names one in `x-clinic-id`. Every answer carries `X-Request-ID`; every error has the same "
    "envelope, with one entry of `details` for each fault."
)
_ALWAYS = (ErrorCode.METHOD_NOT_ALLOWED, ErrorCode.INTERNAL, ErrorCode.UNAVAILABLE)
_WITH_KEY = (
    ErrorCode.INVALID_REQUEST,
    ErrorCode.UNAUTHORIZED,
    ErrorCode.FORBIDDEN,
    ErrorCode.RATE_LIMITED,
)
_WITH_BODY = (
    ErrorCode.INVALID_JSON,
    ErrorCode.PAYLOAD_TOO_LARGE,
    ErrorCode.UNSUPPORTED_MEDIA_TYPE,
)
_CLINIC = {
    "name": "x-clinic-id",
    "in": "header",
    "schema": {"type": "string", "format": "uuid"},
    "description": "The clinic to act for; needed only when the key has several.",
}
_REQUEST_ID = {
    "name": "X-Request-ID",
    "in": "header",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    "description": "Your own id of this request; every answer carries it, or one of ours.",
}


_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
    "description": "Makes it safe to send the same request again: for 24 hours it gets the first "
    "answer, with `Idempotent-Replayed: true`. While the first one runs: 409 with `Retry-After`. "
    "Another body under the same key: 422.",
}


class ErrorDetail(BaseModel):
    """One fault. `pointer` is a JSON pointer into the body, `row` counts from 0."""

    row: int | None
    pointer: str
    code: str
    message: str
    value: Any = Field(description="What was sent.")
    suggestion: Any = Field(description="A value that would be right, when there is one.")


class ErrorBody(BaseModel):
    """What went wrong."""

    code: ErrorCode
    message: str
    details: list[ErrorDetail]


class ErrorEnvelope(BaseModel):
    """Every answer that is no success, whatever its status."""

    success: bool = Field(description="Always false.")
    message: str
    error: ErrorBody
    request_id: str


class ApiKeyScheme(OpenApiAuthenticationExtension):
    """Both headers, either of which is enough."""

    target_class = "portal.api.authentication.ApiKeyAuthentication"
    name = ["bearerKey", "apiKeyHeader"]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        """One or the other."""
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        """The two headers."""
        return [
            {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer KEY`"},
            {
                "type": "apiKey",
                "in": "header",
                "name": "x-api-key",
                "description": "`x-api-key: KEY` or `x-api-key: Bearer KEY`",
            },
        ]


def add_common_parts(
    result: dict[str, Any], generator: Any, request: Any, public: bool
) -> dict[str, Any]:
    """A drf-spectacular postprocessing hook: errors and headers of every operation."""
    result["info"]["description"] = f"{_INTRODUCTION}\n\n{limits_text()}\n\n{quotas_text()}"
    components = result.setdefault("components", {})
    components["headers"] = dict(HEADERS)
    schemas = components.setdefault("schemas", {})
    model = ErrorEnvelope.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(model.pop("$defs"))
    schemas["ErrorEnvelope"] = model
    for path, method, operation in _operations(result):
        _add_parameters(operation, is_post=method == "post")
        for status, codes in _by_status(_codes(path, operation)).items():
            _add_errors(operation["responses"], status, codes)
        operation["responses"] = dict(sorted(operation["responses"].items()))
    for methods in result["paths"].values():
        add_headers(methods)
    return result


def _operations(result: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in result["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _needs_key(operation: Mapping[str, Any]) -> bool:
    return any(operation.get("security", []))


def _codes(path: str, operation: Mapping[str, Any]) -> list[ErrorCode]:
    """Every code that this operation may answer, in the order of the contract."""
    codes = {*_ALWAYS}
    if _needs_key(operation):
        codes |= {*_WITH_KEY}
    if "requestBody" in operation:
        codes |= {*_WITH_BODY}
    if "{" in path:
        codes.add(ErrorCode.NOT_FOUND)
    names = {parameter["name"] for parameter in operation.get("parameters", [])}
    if "Idempotency-Key" in names:
        codes |= {ErrorCode.CONFLICT, ErrorCode.IDEMPOTENCY_KEY_REUSED}
    if "If-Match" in names:
        codes.add(ErrorCode.PRECONDITION_FAILED)
        if "requestBody" in operation:
            codes.add(ErrorCode.CONFLICT)
    return [code for code in ErrorCode if code in codes]


def _by_status(codes: list[ErrorCode]) -> dict[str, list[ErrorCode]]:
    grouped: dict[str, list[ErrorCode]] = {}
    for code in codes:
        grouped.setdefault(str(STATUS[code]), []).append(code)
    return grouped


def _add_errors(responses: dict[str, Any], status: str, codes: list[ErrorCode]) -> None:
    """Say what a status means; one that the operation explains itself keeps its own words."""
    added = _error_response(codes)
    own = responses.setdefault(status, added)
    if own is not added and int(status) >= 400:
        own["description"] = f"{own.get('description', '')}\n{added['description']}"
        for kind, content in own.get("content", {}).items():
            plain = added["content"][kind]
            content["schema"] = {"anyOf": [content["schema"], plain["schema"]]}
            content["examples"] = {**plain["examples"], **content.get("examples", {})}


def _error_response(codes: list[ErrorCode]) -> dict[str, Any]:
    """The answer of one status, with an example of each of its codes."""
    return {
        "description": "\n".join(f"- `{code}`: {MEANING[code]}" for code in codes),
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/ErrorEnvelope"},
                "examples": {code.value: {"value": _example(code)} for code in codes},
            }
        },
    }


def _example(code: ErrorCode) -> dict[str, Any]:
    return {
        "success": False,
        "message": MEANING[code],
        "error": {"code": code.value, "message": MEANING[code], "details": []},
        "request_id": "4f0c6f1c0d1b4b5e9a39f7a0a4e5d0c1",
    }


def _add_parameters(operation: dict[str, Any], is_post: bool) -> None:
    parameters = operation.setdefault("parameters", [])
    if _needs_key(operation):
        parameters.append(_CLINIC)
        parameters += [_IDEMPOTENCY_KEY] if is_post else []
    parameters.append(_REQUEST_ID)
