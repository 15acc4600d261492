"""Reading what a payer sent: JSON that every database can store, and the wish to be left alone."""

from __future__ import annotations

import codecs
import json
import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

DEEPEST: Final = 50
"""Levels of nesting that an answer may have and still be stored on every database."""

LONGEST_WISH: Final = 86_400.0
"""Seconds: the longest Retry-After we believe."""


def parse_json(text: bytes) -> Any:
    """The JSON value of a payer's answer, fit for any database.

    A fraction stays its own text, exact; NUL and lone surrogates become U+FFFD. Raises
    ValueError for what is not JSON in UTF-8, NaN and Infinity, and more than DEEPEST levels.
    """
    try:
        value = _DECODER.decode(text.removeprefix(codecs.BOM_UTF8).decode())
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return _storable(value) if _is_suspicious(text) else value


def storable_json(text: bytes) -> bytes:
    """The answer for a reader of its own, with what `parse_json` replaces already replaced.

    Almost always the very same bytes, so that a model can read them in one pass. ValueError as
    in `parse_json`, though only a suspicious answer is looked into.
    """
    return json.dumps(parse_json(text)).encode() if _is_suspicious(text) else text


def _is_suspicious(text: bytes) -> bool:
    """Whether an answer may hold something that not every database stores."""
    return b"\\u" in text or text.count(b"[") + text.count(b"{") > DEEPEST


def retry_after_seconds(value: str | None, now: datetime | None = None) -> float | None:
    """A Retry-After header in seconds from now: it holds seconds, or an HTTP date.

    None when there is none or it cannot be read; never below zero nor above a day.
    """
    if value is None:
        return None
    try:
        wish = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        wish = (moment - (now or datetime.now(UTC))).total_seconds()
    return None if math.isnan(wish) else min(max(wish, 0.0), LONGEST_WISH)


def _refuse_constant(word: str) -> Any:
    """NaN and Infinity are not JSON, and no database stores them."""
    raise ValueError(f"{word} is not JSON")


_DECODER: Final = json.JSONDecoder(parse_float=str, parse_constant=_refuse_constant)


def _storable(value: Any, level: int = 0) -> Any:
    """The value with NUL and lone surrogates replaced; ValueError when nested too deeply."""
    if isinstance(value, str):
        plain = value.replace("\0", "\ufffd")
        return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if not isinstance(value, dict | list):
        return value
    if level >= DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(value, list):
        return [_storable(item, level + 1) for item in value]
    return {_storable(key): _storable(item, level + 1) for key, item in value.items()}
