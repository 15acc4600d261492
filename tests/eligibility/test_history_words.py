"""What a check's history says of an answer that was reused, and of one that did not prevail."""

from __future__ import annotations

from eligibility.engine.finish import EARLIER_STANDS
from eligibility.engine.takeover import reused_note
from eligibility.presentation.history import move_words


def test_a_reused_answer_says_that_nobody_was_asked() -> None:
    words = move_words("pending", "done", reused_note("not_eligible"))
    assert words == "Fresh answer reused, nobody was asked: Not eligible"


def test_an_answer_that_did_not_prevail_says_which_one_stands() -> None:
    words = move_words("running", "done", f"undetermined{EARLIER_STANDS}eligible")
    assert words == "Answered: Undetermined. The earlier answer stands: Eligible"


def test_a_plain_answer_stays_a_plain_one() -> None:
    assert move_words("running", "done", "eligible") == "Answered: Eligible"
