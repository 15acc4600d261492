from __future__ import annotations

from eligibility.forms.checking import doubts_not_seen, token_of
from portal.intake.issues import Issue

DIGIT = Issue("/id_value", "emirates_id.check_digit", "…", "784-1986-9027382-1")


def test_a_doubt_that_a_form_has_shown_does_not_stop_it_again() -> None:
    assert doubts_not_seen([DIGIT], []) == [DIGIT]
    assert doubts_not_seen([DIGIT], [token_of(DIGIT)]) == []


def test_the_same_doubt_about_another_value_is_a_new_one() -> None:
    other = Issue(DIGIT.pointer, DIGIT.code, DIGIT.message, "784-1986-9027382-2")
    assert doubts_not_seen([other], [token_of(DIGIT)]) == [other]


def test_a_field_that_no_form_has_stops_nobody() -> None:
    assert doubts_not_seen([Issue("/insurance", "field.unknown", "…")], []) == []


def test_what_a_form_remembers_of_a_doubt_does_not_tell_the_value() -> None:
    assert "784" not in token_of(DIGIT)
    assert len(token_of(DIGIT)) == 16
