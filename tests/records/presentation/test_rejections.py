from __future__ import annotations

import pytest

from records.presentation.rejections import WORDS, words_for
from records.rules.severity import SEVERITIES


def test_every_fault_has_words_for_staff() -> None:
    assert set(WORDS) == set(SEVERITIES) | {"batch.rolled_back"}


@pytest.mark.parametrize("code", sorted(WORDS))
def test_a_title_is_short_and_an_advice_is_a_sentence(code: str) -> None:
    words = WORDS[code]
    assert 10 < len(words.title) < 60
    assert not words.title.endswith(".")
    assert words.advice.endswith(".")
    assert words.advice[0].isupper()


def test_wrong_types_share_their_words_whatever_the_field() -> None:
    assert words_for("npi.type") == words_for("workingHours.type") == WORDS["*.type"]
    assert words_for("row.type") != words_for("npi.type")


def test_a_code_of_no_record_is_told_as_it_is() -> None:
    assert "file.quote" in words_for("file.quote").title
