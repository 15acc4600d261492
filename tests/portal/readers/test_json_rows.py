from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.intake.readers import Unreadable, json_list
from portal.intake.readers.json_list import read_json_list
from portal.intake.readers.lines import LONGEST_LINE
from portal.intake.readers.ndjson import read_ndjson
from portal.intake.readers.objects import JsonRow, Objects

Reader = Callable[[io.BytesIO], Objects]
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def rows(read: Reader, text: str | bytes) -> list[JsonRow]:
    file = io.BytesIO(text.encode() if isinstance(text, str) else text)
    with read(file) as found:
        return list(found.rows)


def faults(found: list[JsonRow]) -> list[str]:
    return [row.fault.message for row in found if row.fault is not None]


@given(st.lists(values), st.sampled_from([None, 1]))
def test_a_json_list_is_cut_into_what_it_was_made_of(items: list[Any], indent: int | None) -> None:
    for ensure_ascii in (True, False):
        text = json.dumps(items, indent=indent, ensure_ascii=ensure_ascii)
        found = rows(read_json_list, text.encode("utf-8", "surrogatepass"))
        assert [row.value for row in found] == items
        assert [row.number for row in found] == list(range(1, len(items) + 1))


@pytest.mark.parametrize("block", range(1, 8))
def test_a_list_is_cut_alike_however_its_pieces_come(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [{"a": 'quote " and \\ back'}, [["]", "}", ","]], "\\\\", {}, -1.5, None, "é\n"]
    monkeypatch.setattr(json_list, "_BLOCK", block)
    assert [row.value for row in rows(read_json_list, json.dumps(items, indent=1))] == items


@given(st.lists(values))
def test_lines_of_json_are_what_they_were_made_of(items: list[Any]) -> None:
    found = rows(read_ndjson, "".join(json.dumps(item) + "\n" for item in items))
    assert [row.value for row in found] == items
    assert [row.number for row in found] == list(range(1, len(items) + 1))


def test_blank_lines_are_no_rows_but_count_as_lines() -> None:
    found = rows(read_ndjson, '{"a": 1}\n\n  \r\n{"a": 2}')
    assert [row.number for row in found] == [1, 4]


def test_a_broken_line_costs_itself_alone_and_is_named_by_line_and_column() -> None:
    broken, *others = reversed(rows(read_ndjson, '{"a": 1}\n{"a": 2}\n{"a" 3}'))
    assert [row.value for row in others] == [{"a": 2}, {"a": 1}]
    assert broken.fault is not None
    assert broken.fault.message.startswith("Line 3, column 6: this row is not JSON")
    assert broken.value == '{"a" 3}'


def test_a_file_that_was_cut_off_says_so_at_its_last_row() -> None:
    said = "Line 2, column 6: this row is not JSON: Unterminated string starting at. The file ends"
    assert faults(rows(read_ndjson, '{"a": 1}\n{"a":"b'))[0].startswith(said)
    whole, cut = rows(read_json_list, '[{"a": 1},\n{"a":"b')
    assert whole.value == {"a": 1}
    assert cut.fault is not None
    assert cut.fault.message.startswith(said)


def test_a_list_without_its_end_does_not_pass_for_whole() -> None:
    said = faults(rows(read_json_list, '[{"a": 1}'))
    assert said == ["Line 1, column 2: the file ends behind this row: it was cut off."]


def test_text_behind_the_list_is_told() -> None:
    assert faults(rows(read_json_list, "[1]\n[2]")) == [
        "Line 2: there is more text behind the end of the list."
    ]


def test_a_comma_too_many_is_told_where_it_stands() -> None:
    assert faults(rows(read_json_list, "[1,\n,2]")) == [
        "Line 2, column 1: there is no row in front of this comma."
    ]
    assert faults(rows(read_json_list, "[1, ]")) == [
        "Line 1, column 5: there is no row in front of this bracket."
    ]


def test_a_fault_inside_an_element_costs_that_element_alone() -> None:
    found = rows(read_json_list, '[{"a": 1}, {"a": oops}, [1}, {"a": 3}]')
    assert [row.value for row in found if row.fault is None] == [{"a": 1}, {"a": 3}]
    assert faults(found)[0].startswith("Line 1, column 18")


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("[" * 201 + "]" * 201, "json.too_deep"),
        ('{"a": 1, "a": 2}', "json.duplicate_key"),
        ('{"a": 1', "json.syntax"),
    ],
)
def test_hostile_rows_are_refused_alone(row: str, code: str) -> None:
    first, bad, last = rows(read_ndjson, f"[1]\n{row}\n[2]\n")
    assert (first.value, last.value) == ([1], [2])
    assert bad.fault is not None
    assert bad.fault.code == code


@pytest.mark.parametrize("row", ['{"a": "\\u0000"}', '{"a": "\\ud800"}', '{"a": 1e999}'])
def test_what_no_database_stores_is_let_through_as_suspicious(row: str) -> None:
    for found in (rows(read_ndjson, row), rows(read_json_list, f"[{row}]")):
        assert found[0].fault is None
        assert found[0].suspicious


def test_a_clean_row_is_not_suspicious() -> None:
    assert not rows(read_ndjson, '{"a": "b"}')[0].suspicious


@pytest.mark.parametrize("text", ['{"a": 1}', "name,npi\n", '"list"', "  "])
def test_a_file_that_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        rows(read_json_list, text)


def test_bytes_that_are_no_utf8_are_refused_with_line_and_character() -> None:
    for read in (read_ndjson, read_json_list):
        with pytest.raises(Unreadable, match="Line 2, character 3"):
            rows(read, b'["a",\n "\xe9"]')


def test_a_mark_of_utf8_or_utf16_is_understood() -> None:
    for encoding in ("utf-8-sig", "utf-16"):
        assert rows(read_json_list, '["é"]'.encode(encoding))[0].value == "é"
        assert rows(read_ndjson, '"é"'.encode(encoding))[0].value == "é"


def test_a_giant_row_is_told_and_the_next_one_read() -> None:
    giant = '"' + "x" * (LONGEST_LINE + 10) + '"'
    for read, text in ((read_ndjson, f"{giant}\n1\n"), (read_json_list, f"[{giant}, 1]")):
        big, small = rows(read, text)
        assert big.fault is not None
        assert big.fault.code == "file.line_too_long"
        assert small.value == 1


def test_memory_does_not_grow_with_the_file() -> None:
    class Endless(io.RawIOBase):
        """Thirty megabytes of one list, made as they are read."""

        def __init__(self) -> None:
            self.pieces = self.make()
            self.rest = b""

        def make(self) -> Iterator[bytes]:
            yield b"[0"
            for _ in range(3_000):
                yield b"," + b'{"a": "' + b"x" * 10_000 + b'"}'
            yield b"]"

        def seekable(self) -> bool:
            return True

        def seek(self, offset: int, whence: int = 0) -> int:
            self.pieces, self.rest = self.make(), b""
            return 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            while not self.rest:
                piece = next(self.pieces, None)
                if piece is None:
                    return 0
                self.rest = piece
            count = min(len(buffer), len(self.rest))
            buffer[:count], self.rest = self.rest[:count], self.rest[count:]
            return count

    tracemalloc.start()
    try:
        with read_json_list(io.BufferedReader(Endless())) as found:
            assert sum(1 for _ in found.rows) == 3_001
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20
