"""The outer shape of a bulk body: an array, bare or under one key of an object."""

from __future__ import annotations

from typing import Any

from portal.api.limits import check_row_count
from portal.errors import ApiError, ErrorCode, detail, invalid_request


def object_of(body: Any) -> dict[str, Any]:
    """The body as an object. Raises ApiError INVALID_REQUEST for anything else."""
    if not isinstance(body, dict):
        raise invalid_request("body.type", f"The body must be an object, not {_kind(body)}.")
    return body


def array_under(key: str, body: Any, *, least: int = 1) -> list[Any]:
    """The array under one key of the body, within the row limit. What the rows are stays open.

    Raises ApiError INVALID_REQUEST, or PAYLOAD_TOO_LARGE for one row too many.
    """
    rows = object_of(body).get(key)
    pointer = f"/{key}"
    if key not in body:
        raise invalid_request(f"{key}.missing", f"The body has no `{key}`.", pointer=pointer)
    if not isinstance(rows, list):
        message = f"`{key}` must be an array, not {_kind(rows)}."
        raise invalid_request(f"{key}.type", message, pointer=pointer)
    if len(rows) < least:
        raise invalid_request(f"{key}.empty", f"`{key}` holds no rows.", pointer=pointer)
    check_row_count(rows, pointer=pointer)
    return rows


def ids_under(key: str, body: Any, *, least: int = 1) -> list[str]:
    """`array_under` for ids, which are strings; whether they name anything stays open."""
    ids = array_under(key, body, least=least)
    for index, each in enumerate(ids):
        if not isinstance(each, str):
            message = f"Every id in `{key}` must be a string."
            raise invalid_request(f"{key}.type", message, pointer=f"/{key}/{index}")
    return ids


def bare_array(body: Any) -> list[Any]:
    """The body as an array within the row limit, as everything under /integrations/ wants it.

    Raises ApiError: a 422 that carries `detail` beside the envelope, or PAYLOAD_TOO_LARGE.
    """
    if isinstance(body, list):
        check_row_count(body, pointer="")
        return body
    message = f"The body must be an array, not {_kind(body)}."
    raise ApiError(
        ErrorCode.INVALID_REQUEST,
        message,
        details=[detail("body.type", message)],
        status=422,
        extra={"detail": [{"loc": ["body"], "msg": message, "type": "list_type"}]},
    )


def text_under(key: str, body: dict[str, Any], *, most: int) -> str:
    """An optional text of the body, trimmed; absent and null are empty. Raises ApiError."""
    value = body.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        message = f"`{key}` must be a string, not {_kind(value)}."
        raise invalid_request(f"{key}.type", message, pointer=f"/{key}")
    text = value.strip()
    if len(text) > most:
        message = f"`{key}` is longer than {most} characters."
        raise invalid_request(f"{key}.too_long", message, pointer=f"/{key}")
    return text


def _kind(value: Any) -> str:
    """What a JSON value is, in JSON's words."""
    kinds = {dict: "an object", list: "an array", str: "a string", type(None): "null"}
    kinds |= {bool: "a boolean", int: "a number", float: "a number"}
    return kinds[type(value)]
