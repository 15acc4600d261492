from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from eligibility.connectors.reading import parse_json, retry_after_seconds, storable_json

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("999999999", 86_400.0),
        ("inf", 86_400.0),
        ("nan", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("Sun, 22 Nov 2026 12:00:30 -0000", 30.0),
        ("Sun, 99 Nov 2026 12:00:30 GMT", None),
    ],
)
def test_retry_after_is_read_in_seconds_or_as_a_date(
    value: str | None, seconds: float | None
) -> None:
    assert retry_after_seconds(value, NOW) == seconds


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a": 1.10}', {"a": "1.10"}),
        (b'{"a": 1e999}', {"a": "1e999"}),
        (b'\xef\xbb\xbf{"a": 12345678901234567890}', {"a": 12345678901234567890}),
        (rb'{"a\u0000b": ["\ud800", "\ud83d\ude00"]}', {"a\ufffdb": ["\ufffd", "\U0001f600"]}),
        (b"[" * 50 + b"]" * 50, None),
    ],
)
def test_an_answer_is_read_so_that_every_database_can_store_it(text: bytes, value: Any) -> None:
    parsed = parse_json(text)

    assert value is None or parsed == value


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<html>",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'"\xff"',
        '{"a": 1}'.encode("utf-16"),
        b"[" * 51 + b"]" * 51,
        b"[" * 100_000,
        b"1" * 5_000,
        b'{"a": 1} trailing',
    ],
)
def test_what_is_not_json_is_refused_in_one_way(text: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_json(text)


def test_a_model_that_reads_for_itself_gets_the_same_storable_answer() -> None:
    plain = b'{"a": 1.10}'

    assert storable_json(plain) is plain
    assert parse_json(storable_json(rb'{"a": "x\u0000"}')) == {"a": "x\ufffd"}
    with pytest.raises(ValueError, match="deeply"):
        storable_json(b"[" * 51 + b"]" * 51)
