"""Reads a JSON body that may be hostile: every fault of the body itself is a 400 INVALID_JSON.

Stock parsers guess encodings; here the body is UTF-8 or refused. What else is refused, and what is
left to the rows, is told in `portal.intake.strict_json`.
"""

from __future__ import annotations

import json
from typing import NoReturn

from portal.errors import ApiError, ErrorCode, detail
from portal.intake.strict_json import MOST_DIGITS, MOST_LEVELS, BadJson, ReadJson, parse_json

__all__ = ["MOST_DIGITS", "MOST_LEVELS", "ReadJson", "read_json"]

_UTF8_BOM = b"\xef\xbb\xbf"


def read_json(body: bytes) -> ReadJson:
    """Parse a UTF-8 body (a byte order mark is skipped). Raises ApiError INVALID_JSON."""
    text = _decode(body)
    try:
        return parse_json(text, body)
    except BadJson as bad:
        where = f" at line {bad.line}, column {bad.column}" if bad.line else ""
        _refuse(bad.code, f"The body {bad.said}{where}.")


def _decode(body: bytes) -> str:
    """The body as text; UTF-8 is the only encoding of JSON between systems (RFC 8259, 8.1)."""
    body = body.removeprefix(_UTF8_BOM)
    if not body.strip():
        _refuse("json.empty", "The body is empty; JSON is expected.")
    encoding = json.detect_encoding(body)
    if not encoding.startswith("utf-8"):
        _refuse("json.encoding", f"The body is {encoding.upper()}; send UTF-8.")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        _refuse("json.encoding", f"The body is not UTF-8: see byte {error.start + 1}.")


def _refuse(code: str, message: str) -> NoReturn:
    raise ApiError(ErrorCode.INVALID_JSON, message, details=[detail(code, message)])
