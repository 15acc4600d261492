from __future__ import annotations

import tracemalloc

import pytest

from portal.intake.spelling import Speller

SPELLER = Speller(
    {"specialties": ("speciality",), "workingHours": ("schedule",), "npi": ()},
    names={"npi": "National Provider Identifier"},
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SPECIALTIES", "specialties"),
        ("speciality", "specialties"),
        ("working_hours", "workingHours"),
        ("workinghour", "workingHours"),
        ("national provider", "npi"),
        ("identifier", "npi"),
        ("colour", None),
        ("", None),
        ("_-_", None),
    ],
)
def test_a_word_is_known_by_its_letters_its_name_or_a_slip(text: str, code: str | None) -> None:
    assert SPELLER.suggest(text) == code


def test_long_texts_are_no_words_and_leave_nothing_behind() -> None:
    assert SPELLER.suggest("specialties" + " " * 100) is None
    tracemalloc.start()
    for number in range(50):
        assert SPELLER.suggest(f"{number}" * 1_000_000) is None
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 1_000_000
