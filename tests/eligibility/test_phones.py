from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneMetadata, PhoneNumberType

from eligibility.phones import phone_looks_right

REGIONS = ["AE", "SA", "QA", "OM", "IN", "PK", "PH", "EG", "GB", "DE", "IT", "US", "RU", "AR", "BR"]
KINDS = [PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.TOLL_FREE]


def library_takes(phone: str, region: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(phone, region))
    except phonenumbers.NumberParseException:
        return False


def examples(region: str) -> list[str]:
    """The library's own example numbers, in the ways people write them."""
    found = []
    for kind in KINDS:
        number = phonenumbers.example_number_for_type(region, kind)
        if number is not None:
            found += [
                phonenumbers.format_number(number, form)
                for form in (
                    phonenumbers.PhoneNumberFormat.NATIONAL,
                    phonenumbers.PhoneNumberFormat.INTERNATIONAL,
                    phonenumbers.PhoneNumberFormat.E164,
                )
            ]
    return found


@pytest.mark.parametrize("region", REGIONS)
def test_numbers_of_a_region_look_right_however_they_are_written(region: str) -> None:
    numbers = examples(region)
    assert len(numbers) >= 6
    assert [number for number in numbers if not phone_looks_right(number, region)] == []


@pytest.mark.parametrize("region", ["AE", "SA", "QA", "IN", "GB", "DE"])
@given(st.data())
def test_the_short_cut_takes_nothing_that_the_library_refuses(
    region: str, data: st.DataObject
) -> None:
    plan = PhoneMetadata.metadata_for_region(region)
    assert plan is not None
    assert plan.mobile is not None
    national = data.draw(st.from_regex(rf"\A{plan.mobile.national_number_pattern}\Z"))
    lead = data.draw(st.sampled_from(["", "0", "00", f"+{plan.country_code}", "1", "+"]))
    cut = data.draw(st.integers(0, 2))
    phone = (lead + national)[: len(lead + national) - cut]
    assert phone_looks_right(phone, region) == library_takes(phone, region)


@given(st.text("0123456789 +-().", max_size=16))
def test_emirati_numbers_are_judged_as_the_library_judges_them(phone: str) -> None:
    assert phone_looks_right(phone, "AE") == library_takes(phone, "AE")


@pytest.mark.parametrize("phone", ["", "?", "0123", "n/a", "05" * 30, "٠", "\ud800", "+", "ext 5"])
def test_what_is_no_number_looks_odd(phone: str) -> None:
    assert not phone_looks_right(phone, "AE")


def test_digits_of_an_arabic_keyboard_look_right() -> None:
    assert phone_looks_right("٠٥٠١٢٣٤٥٦٧", "AE")


def test_without_a_known_region_only_international_numbers_are_judged() -> None:
    assert phone_looks_right("0501234567", "??")
    assert phone_looks_right("+971501234567", "??")
    assert not phone_looks_right("+97150", "??")
