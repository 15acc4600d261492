"""Encodings: by mark, by declaration, beyond doubt; never by a silent guess."""

from __future__ import annotations

import pytest

from tests.portal.readers.making import read, refusal

ARABIC = "id,name\n1,محمد علي\n2,فاطمة الزهراء\n"
WESTERN = "id,name\n1,José Muñoz\n2,Müller Sørensen\n"


def test_utf_8_needs_no_word() -> None:
    found = read(ARABIC)
    assert found.rows[0] == ["1", "محمد علي"]
    assert (found.read_as, found.notices) == ("CSV, utf-8, comma", ())


@pytest.mark.parametrize("name", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_mark_is_believed(name: str) -> None:
    found = read(ARABIC.encode(name))
    assert found.columns == ("id", "name")
    assert found.rows[1] == ["2", "فاطمة الزهراء"]
    assert name in found.read_as


def test_a_big_endian_mark_is_believed() -> None:
    assert read(b"\xfe\xff" + ARABIC.encode("utf-16-be")).rows[0] == ["1", "محمد علي"]


def test_a_mark_counts_more_than_a_declaration_and_is_said() -> None:
    found = read(ARABIC.encode("utf-8-sig"), encoding="cp1256")
    assert found.rows[0] == ["1", "محمد علي"]
    assert "not as cp1256" in found.notices[0]


@pytest.mark.parametrize("name", ["cp1256", "windows-1256", "CP1256"])
def test_a_declared_code_page_is_used_and_said(name: str) -> None:
    found = read(ARABIC.encode("cp1256"), encoding=name)
    assert found.rows[0] == ["1", "محمد علي"]
    assert found.notices == ("Read as cp1256, as declared.",)


def test_arabic_words_can_only_be_cp1256_and_it_is_said() -> None:
    found = read(ARABIC.encode("cp1256"))
    assert found.rows[0] == ["1", "محمد علي"]
    assert found.notices[0].startswith("The file is not UTF-8 and was read as cp1256")


def test_accented_letters_in_latin_words_can_only_be_cp1252_and_it_is_said() -> None:
    found = read(WESTERN.encode("cp1252"))
    assert found.rows == [["1", "José Muñoz"], ["2", "Müller Sørensen"]]
    assert found.notices[0].startswith("The file is not UTF-8 and was read as cp1252")


def test_letters_that_are_the_same_in_both_leave_nothing_to_choose() -> None:
    assert read("id,name\n1,José\n".encode("cp1252")).rows == [["1", "José"]]


@pytest.mark.parametrize(
    "line",
    [
        "1,محمد\n".encode("cp1256") + "2,Muñoz\n".encode("cp1252"),  # both kinds of words
        "1,xمحمد\n".encode("cp1256"),  # Arabic that touches a Latin letter
        "1,م\n".encode("cp1256"),  # one letter alone
        b"1,\xc7\xd7\n",  # no word in either
    ],
)
def test_what_could_be_either_must_be_declared(line: bytes) -> None:
    found = refusal(b"id,name\n" + line)
    assert (found.code, found.line) == ("file.encoding", 2)
    assert "Say which one it is" in found.message


def test_a_bad_byte_is_named_by_line_and_character() -> None:
    found = refusal(b"id,name\r\n1,Ali\r\n2,\xffSara\r\n", encoding="utf-8")
    assert found.line == 3
    assert found.message.startswith("Line 3, character 3: this is not utf-8.")


def test_a_bad_byte_far_down_is_found_before_the_first_row_is_read() -> None:
    content = b"id,name\n" + b"1,Ali\n" * 100_000 + b"2,\x9d\n"
    assert refusal(content, encoding="cp1252").line == 100_002


def test_half_a_character_at_the_end_is_a_bad_byte() -> None:
    assert refusal("id,name\n1,م".encode()[:-1], encoding="utf-8").line == 2


def test_utf_16_without_its_mark_must_be_declared() -> None:
    content = ARABIC.encode("utf-16-le")
    assert "utf-16-le" in refusal(content).message
    assert "utf-16-be" in refusal(ARABIC.encode("utf-16-be")).message
    assert read(content, encoding="utf-16-le").rows[0] == ["1", "محمد علي"]


@pytest.mark.parametrize("name", ["nonsense", "base64", "rot13", "idna", " ", "utf-7", "a\0b"])
def test_only_encodings_of_text_files_are_known(name: str) -> None:
    assert refusal("id\n1\n", encoding=name).code == "file.encoding"


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"%PDF-1.7\n", "PDF"),
        (b"\x1f\x8b\x08\x00", "compressed"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old Excel"),
        (b"<!DOCTYPE html><table><tr><td>id</td></tr></table>", "web page"),
        (b"\xef\xbb\xbf <html>", "web page"),
        (b"\x01\x02\x03\x04\x05" * 50, "not a text file"),
    ],
)
def test_what_is_no_list_is_called_by_its_name(content: bytes, word: str) -> None:
    assert word in refusal(content, "list.xlsx").message


def test_text_under_a_spreadsheets_name_is_read_as_text() -> None:
    found = read("id,name\n1,Ali\n", "list.xlsx")
    assert found.rows == [["1", "Ali"]]
    assert "plain text" in found.notices[0]


def test_text_has_no_sheets() -> None:
    assert refusal("id\n1\n", sheet="Sheet 1").code == "file.sheet"
