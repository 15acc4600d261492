from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.api.json_guard import read_json
from portal.errors import ApiError


def refusal(body: bytes) -> tuple[str, str]:
    with pytest.raises(ApiError) as caught:
        read_json(body)
    assert caught.value.status == 400
    assert caught.value.code == "INVALID_JSON"
    return caught.value.details[0]["code"], caught.value.message


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.text(alphabet='"\\[]{}:,\u0000 a'),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet='"\\[]{}: ab'), inner),
)


@given(JSON, st.booleans())
def test_any_json_is_read_as_the_standard_library_reads_it(value: Any, escaped: bool) -> None:
    body = json.dumps(value, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    assert read_json(body).value == value


@given(st.binary(max_size=60) | st.text(alphabet='"\\[]{}:,10eu \n', max_size=60).map(str.encode))
def test_bytes_are_read_as_the_standard_library_reads_them_or_refused(body: bytes) -> None:
    try:
        read = read_json(body).value
    except ApiError:
        return
    assert repr(read) == repr(json.loads(body))


@given(st.lists(st.sampled_from(["a", "b", '"', "\\", ":", "[{"]), min_size=1, max_size=4))
def test_a_key_is_refused_exactly_when_it_comes_twice(keys: list[str]) -> None:
    body = "{" + ",".join(f"{json.dumps(key)}: {{}}" for key in keys) + "}"
    if len(set(keys)) == len(keys):
        assert read_json(body.encode()).value == {key: {} for key in keys}
    else:
        assert refusal(body.encode())[0] == "json.duplicate_key"


def test_a_duplicate_deep_inside_is_named() -> None:
    code, message = refusal(b'{"requests": [{"id_value": "1", "name": "a:{", "id_value": "2"}]}')
    assert code == "json.duplicate_key"
    assert "'id_value'" in message


@pytest.mark.parametrize("body", [b"", b"   \n", b"\xef\xbb\xbf", b"\xef\xbb\xbf \n"])
def test_an_empty_body_is_refused(body: bytes) -> None:
    assert refusal(body)[0] == "json.empty"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_another_unicode_encoding_is_refused_by_its_name(encoding: str) -> None:
    code, message = refusal('{"requests": []}'.encode(encoding))
    assert code == "json.encoding"
    assert encoding[:6].upper() in message


@pytest.mark.parametrize("body", [b'"\xff"', b'"caf\xe9"', b'"\xed\xa0\x80"', b'"\xc0\xaf"'])
def test_bytes_that_are_not_utf8_are_refused(body: bytes) -> None:
    assert refusal(body)[0] == "json.encoding"


def test_a_byte_order_mark_of_utf8_is_skipped() -> None:
    assert read_json(b'\xef\xbb\xbf{"a": 1}').value == {"a": 1}


def test_a_syntax_error_is_placed_by_line_and_column() -> None:
    code, message = refusal(b'{"a": 1,\n "b" 2}')
    assert code == "json.syntax"
    assert "line 2, column 6" in message


@pytest.mark.parametrize(
    "body",
    [b"nope", b"[1,]", b"{'a': 1}", b'{"a": 1} x', b"[1", b'"\x00"', b'"a\nb"', b"{]", b"]" * 300],
)
def test_what_is_not_json_is_refused(body: bytes) -> None:
    assert refusal(body)[0] == "json.syntax"


@pytest.mark.parametrize("levels", [201, 3_000, 1_000_000])
@pytest.mark.parametrize("pair", [("[", "]"), ('{"a":', "}")])
def test_more_than_200_levels_are_refused(levels: int, pair: tuple[str, str]) -> None:
    opened, closed = pair
    body = (opened * levels + "1" + closed * levels).encode()
    assert refusal(body)[0] == "json.too_deep"
    assert refusal(body[: len(opened) * levels])[0] == "json.too_deep"


def test_brackets_that_close_inside_strings_do_not_hide_the_depth() -> None:
    hidden = b'["' + b"]" * 500 + b'",' + b"[" * 300
    assert refusal(hidden)[0] == "json.too_deep"
    assert refusal(b'["\\"' + b"]" * 500 + b'",' + b"[" * 300)[0] == "json.too_deep"


def test_brackets_that_open_inside_strings_are_no_levels() -> None:
    assert read_json(b'["' + b"[{" * 500 + b'"]').value == ["[{" * 500]
    assert read_json(b'["\\\\", "\\"' + b"[" * 500 + b'"]').value == ["\\", '"' + "[" * 500]


def test_200_levels_are_read_and_need_a_closer_look() -> None:
    read = read_json(b"[" * 200 + b"]" * 200)
    assert read.suspicious
    assert not read_json(b"[" * 50 + b"]" * 50).suspicious
    assert read_json(b"[" * 51 + b"]" * 51).suspicious


@pytest.mark.parametrize(
    "value",
    ["NaN", "-Infinity", "1e999", "-1E+400", "9" * 1001, '"\\u0000"', '"\\ud800"', '"\\uDfFf"'],
)
def test_what_only_concerns_a_row_passes_but_is_noticed(value: str) -> None:
    read = read_json(f'{{"requests": [{{"a": {value}}}]}}'.encode())
    assert read.suspicious


@pytest.mark.parametrize("value", ["1e99", "0.1", "9" * 1000, '"NaN 1e999"', '"\\u0041"', "null"])
def test_clean_values_spare_the_closer_look(value: str) -> None:
    assert not read_json(f'{{"a": {value}}}'.encode()).suspicious


def test_a_number_of_a_million_digits_is_infinite_and_takes_no_time() -> None:
    assert read_json(b"9" * 1_000_000).value == math.inf
