from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eligibility.identifiers import (
    NOT_SENDABLE,
    SEARCH_KEY_LENGTH,
    doubt_about,
    is_placeholder,
    make_emirates_id,
    mask,
    normalise_emirates_id,
    read_identifier,
    search_key,
)
from portal.intake.luhn import luhn_digit, luhn_is_right

PLACEHOLDERS = [f"{d * 3}-{d * 4}-{d * 7}-{d}" for d in "0129"]
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")

emirates_ids = st.builds(make_emirates_id, st.integers(1900, 2026), st.integers(0, 9_999_999))
digit_texts = st.text("0123456789", min_size=1, max_size=40)


def code_of(id_type: str, id_value: str) -> str | None:
    doubt = doubt_about(id_type, id_value)
    return doubt.code if doubt else None


def luhn_by_the_book(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


@given(digit_texts)
def test_the_luhn_check_agrees_with_the_standards_own_recipe(digits: str) -> None:
    assert luhn_is_right(digits) == luhn_by_the_book(digits)


@given(digit_texts)
def test_a_computed_check_digit_is_the_only_right_one(digits: str) -> None:
    right = [digit for digit in "0123456789" if luhn_is_right(digits + digit)]
    assert right == [luhn_digit(digits)]


@given(emirates_ids)
def test_made_up_emirates_ids_have_the_shape_and_the_check_digit(emirates_id: str) -> None:
    prefix, year, serial, digit = emirates_id.split("-")
    assert (prefix, len(year), len(serial), len(digit)) == ("784", 4, 7, 1)
    assert luhn_by_the_book(emirates_id.replace("-", ""))
    assert doubt_about("EMIRATESID", emirates_id) is None


@given(emirates_ids, st.integers(3, 14), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(emirates_id: str, place: int, step: int) -> None:
    digits = emirates_id.replace("-", "")
    wrong = digits[:place] + str((int(digits[place]) + step) % 10) + digits[place + 1 :]
    assert code_of("EMIRATESID", wrong) == "emirates_id.check_digit"


@given(
    emirates_ids,
    st.sampled_from([{}, ARABIC, PERSIAN]),
    st.sampled_from(["", "-", " ", "–", "\u00a0", "\u200e-", " - "]),
)
def test_an_emirates_id_is_the_same_however_it_is_written(
    emirates_id: str, digits: dict[int, int], separator: str
) -> None:
    written = separator.join(emirates_id.translate(digits).split("-"))
    assert normalise_emirates_id(written) == emirates_id.replace("-", "")
    assert search_key("EMIRATESID", written) == search_key("EMIRATESID", emirates_id)
    assert doubt_about("EMIRATESID", written) is None


@given(st.text(max_size=64))
def test_any_text_can_be_read_as_any_identifier(text: str) -> None:
    for id_type in ("EMIRATESID", "CARDNUMBER", "DHAMEMBERID", "PASSPORT", "SOMETHING ELSE"):
        key, doubt = read_identifier(id_type, text)
        assert key == search_key(id_type, text)
        assert doubt == doubt_about(id_type, text)
        assert len(key) <= SEARCH_KEY_LENGTH
        assert not key or key.isalnum()
    digits = normalise_emirates_id(text)
    assert digits is None or (len(digits) == 15 and digits.isascii() and digits.isdigit())


@pytest.mark.parametrize("placeholder", PLACEHOLDERS)
def test_a_placeholder_is_no_search_key_and_cannot_be_sent(placeholder: str) -> None:
    assert is_placeholder(placeholder)
    assert search_key("EMIRATESID", placeholder) == ""
    code = code_of("EMIRATESID", placeholder)
    assert code == "emirates_id.placeholder"
    assert code in NOT_SENDABLE


@pytest.mark.parametrize(
    "text",
    [
        "784-XXXX-XXXXXXX-X",
        "784-1986-902738-0",
        "784-1986-90273822-0",
        "785-1986-9027382-0",
        "333-3333-3333333-3",
        "784198690273820\n",
        "784/1986/9027382/0",
        "",
    ],
)
def test_what_has_not_got_the_shape_cannot_be_sent(text: str) -> None:
    assert code_of("EMIRATESID", text) == "emirates_id.shape"
    assert "emirates_id.shape" in NOT_SENDABLE
    assert not is_placeholder(text)


def test_a_wrong_check_digit_can_be_sent_because_the_card_may_be_in_hand() -> None:
    assert code_of("EMIRATESID", "784-1956-4625200-4") == "emirates_id.check_digit"
    assert "emirates_id.check_digit" not in NOT_SENDABLE


def test_malformed_emirates_ids_do_not_share_a_search_key() -> None:
    assert search_key("EMIRATESID", "784-XXXX-XXXXXXX-X") == "784XXXXXXXXXXXX"
    assert search_key("EMIRATESID", "784-YYYY-YYYYYYY-Y") == "784YYYYYYYYYYYY"


def test_search_keys_of_other_identifiers_are_their_letters_and_digits() -> None:
    assert search_key("DHAMEMBERID", "i027-786-651570851-03") == "I02778665157085103"
    assert search_key("CARDNUMBER", " A/12 b_3. ") == "A12B3"
    assert search_key("CARDNUMBER", "٤٥٦-ß") == "456SS"


def test_a_search_key_fits_its_column_even_when_upper_case_is_longer() -> None:
    assert len(search_key("CARDNUMBER", "ΐ" * 64)) == SEARCH_KEY_LENGTH


@pytest.mark.parametrize(
    ("id_type", "id_value", "code"),
    [
        ("DHAMEMBERID", "I027-786-651570851-03", None),
        ("DHAMEMBERID", "i02778665157085103", None),
        ("DHAMEMBERID", "I027-786-65157085-03", "dha_member_id.shape"),
        ("PASSPORT", "N1234567", None),
        ("PASSPORT", "N 123 4567", None),
        ("PASSPORT", "N1234", "passport.shape"),
        ("PASSPORT", "784-2002-4880461-7", "passport.shape"),
        ("PASSPORT", "N123456\u017f", "passport.shape"),
        ("CARDNUMBER", "anything / at all", None),
        ("POLICYNUMBER", "?", None),
    ],
)
def test_only_types_with_a_known_shape_raise_doubts(
    id_type: str, id_value: str, code: str | None
) -> None:
    assert code_of(id_type, id_value) == code


@pytest.mark.parametrize(
    ("identifier", "shown"),
    [
        ("784-1986-9027382-0", "••••3820"),
        ("A75480108", "••••0108"),
        ("123456", "••••456"),
        ("1234", "••••34"),
        ("1", "••••"),
        ("---", ""),
        ("", ""),
    ],
)
def test_a_mask_shows_four_characters_and_never_more_than_half(identifier: str, shown: str) -> None:
    assert mask(identifier) == shown
