"""What an answer waits as until it is written."""

from __future__ import annotations

import json

import pytest

from eligibility.choices import Failure, Outcome
from eligibility.connectors.base import Failed, NotDelivered, Pending, Reply
from eligibility.engine.kept import Kept, kept
from eligibility.models import Attempt, Result
from eligibility.results import Answer
from tests.eligibility.engine.helpers import answered, claim, claim_one, end, make_lane, make_rows

pytestmark = pytest.mark.django_db


def test_an_answer_waits_as_text_alone() -> None:
    make_rows(make_lane(), 1)
    row = claim_one()

    waiting = kept(row, answered(raw={"said": "yes"}))

    assert isinstance(waiting, Kept)
    assert (waiting.outcome, waiting.answer, waiting.raw) == (Outcome.ELIGIBLE, Answer(), None)
    assert json.loads(waiting.text)["remarks"] == ["SYNTHETIC"]
    assert waiting.evidence == '{"said": "yes"}'
    assert kept(row, waiting) is waiting


@pytest.mark.parametrize(
    "reply", [Failed(Failure.TIMEOUT, "c", "m"), Pending("h", 1.0), NotDelivered()]
)
def test_what_is_no_answer_waits_as_it_is(reply: Reply) -> None:
    make_rows(make_lane(), 1)

    assert kept(claim_one(), reply) is reply


def test_an_answer_is_stored_the_same_whoever_made_it_ready() -> None:
    make_rows(make_lane(), 2)
    first, second = claim()
    reply = answered(raw={"said": "yes"})

    end(first, kept(first, reply))
    end(second, reply)

    one, other = Result.objects.values_list("outcome", "answer")
    assert one == other
    assert list(Attempt.objects.values_list("raw", flat=True)) == [{"said": "yes"}] * 2
