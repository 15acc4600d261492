"""A search asks payer by payer, two at a time, and stops at the first that says yes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from eligibility.choices import Failure, Outcome, Status
from eligibility.connectors.base import Done, Failed, Reply
from eligibility.engine import unroutable
from eligibility.engine.search import candidates, paths, searches
from eligibility.engine.workers import dispatcher
from eligibility.models import Connection, EligibilityTask, KnownMember, Payer
from eligibility.results import Answer
from tests.eligibility.engine.helpers import (
    again,
    claim,
    drain_until_done,
    end,
    history,
    make_lane,
    make_rows,
)
from tests.eligibility.engine.payers import WatchedPayer
from tests.eligibility.engine.search.asking_around import (
    CODES,
    DOWN,
    NO,
    NOBODY,
    YES,
    begun,
    make_lanes,
    make_search,
    paths_of,
    reply,
    said,
)

pytestmark = pytest.mark.django_db


def know(lane: Connection, search_key: str = "CARD0", source: str = "import") -> KnownMember:
    """Let the directory name this lane's payer for the usual identifier."""
    assert lane.payer is not None
    return KnownMember.objects.create(
        team=lane.team, id_type="CARDNUMBER", id_key=search_key, payer=lane.payer, source=source
    )


def test_a_search_asks_two_payers_at_a_time_in_the_registrys_order() -> None:
    search = begun(make_lanes())
    assert said(search) == {
        "TPA001": "in line", "TPA002": "in line", "TPA003": "later", "TPA004": "later",
    }  # fmt: skip
    assert search.status == Status.WAITING
    reply(TPA001=NOBODY)
    assert said(search) == {
        "TPA001": "member_not_found", "TPA002": "running",
        "TPA003": "in line", "TPA004": "later",
    }  # fmt: skip


def test_the_first_yes_ends_it_and_says_why_the_others_were_not_asked() -> None:
    search = begun(make_lanes())
    reply(TPA002=YES)
    skipped = paths.FOUND_ELSEWHERE
    assert said(search) == {
        "TPA001": skipped, "TPA002": "eligible", "TPA003": skipped, "TPA004": skipped,
    }  # fmt: skip
    found = paths_of(search)[1]
    assert (search.status, search.outcome, search.review) == ("done", "eligible", "none")
    assert search.result_id == found.result_id is not None
    assert search.finished_at is not None
    assert history(search) == ["waiting", "done"]
    assert history(paths_of(search)[0]) == ["running", "cancelled"]


def test_a_yes_that_comes_after_the_end_is_kept_as_late() -> None:
    lanes = make_lanes()
    search = begun(lanes)
    first, second = claim()
    assert end(first, YES) == 1
    assert end(second, YES) == 0
    late = paths_of(search)[1]
    assert (late.status, late.attempts.get().late) == ("cancelled", True)
    assert again(search).outcome == "eligible"
    assert history(search) == ["waiting", "done"]


def test_an_answer_to_a_search_says_whose_it_is() -> None:
    search = begun(make_lanes(CODES[:1]))
    reply(TPA001=Done(Outcome.ELIGIBLE, Answer()))
    result = again(search).result
    assert result is not None
    assert (result.answer["payer_code"], result.answer["resolved_by_search"]) == ("TPA001", True)


def test_when_nobody_says_yes_the_answer_of_who_knows_the_person_prevails() -> None:
    search = begun(make_lanes())
    reply(TPA001=NOBODY, TPA002=NO)
    reply(TPA003=NOBODY, TPA004=NOBODY)
    assert (again(search).outcome, again(search).failure) == ("not_eligible", "")
    assert again(search).result_id == paths_of(search)[1].result_id
    assert again(search).review == "none"


def test_a_person_whom_nobody_knows_is_not_found() -> None:
    search = begun(make_lanes())
    reply(TPA001=NOBODY, TPA002=NOBODY)
    reply(TPA003=NOBODY, TPA004=NOBODY)
    assert (again(search).outcome, again(search).review) == ("member_not_found", "needs_attention")


@pytest.mark.parametrize("answer", [NO, NOBODY])
def test_with_a_payer_that_failed_it_is_partial_and_never_a_no(answer: Reply) -> None:
    search = begun(make_lanes())
    reply(TPA001=DOWN, TPA002=answer)
    reply(TPA003=NOBODY, TPA004=NOBODY)
    assert (again(search).status, again(search).outcome) == ("done", "partial")
    assert again(search).review == "needs_attention"
    assert again(search).result_id == paths_of(search)[1].result_id


def test_a_yes_outweighs_a_payer_that_failed() -> None:
    search = begun(make_lanes())
    reply(TPA001=DOWN)
    reply(TPA003=YES)
    assert again(search).outcome == "eligible"


def test_when_all_fail_it_fails_with_the_class_that_a_repeat_may_cure() -> None:
    search = begun(make_lanes(CODES[:2]))
    reply(TPA001=Failed(Failure.IDENTITY_MISMATCH, "x", "Known under other details."), TPA002=DOWN)
    assert (again(search).status, again(search).failure) == ("failed", "credentials")
    assert again(search).failure_message == "None of the 2 payers asked has answered."
    assert again(search).result_id is None


def test_a_failure_of_all_payers_alike_is_told_in_their_words() -> None:
    search = begun(make_lanes(CODES[:2]))
    reply(TPA001=DOWN, TPA002=DOWN)
    assert again(search).failure_message == "The payer refused our login."


# --- whom it asks --------------------------------------------------------------------------------


def test_who_cannot_be_asked_is_skipped_and_says_why() -> None:
    lanes = make_lanes()
    lanes[0].delete()
    Payer.objects.filter(code="TPA002").update(id_types=["EMIRATESID"])
    Payer.objects.filter(code="TPA003").update(visit_types=["DENTAL"])
    search = begun(lanes[1:], visit_type="OUTPATIENT")
    assert said(search) == {
        "TPA004": "in line",
        "TPA001": candidates.NO_CONNECTION,
        "TPA002": "TPA002 does not take CARDNUMBER.",
        "TPA003": "TPA003 does not take OUTPATIENT.",
    }
    assert [history(path) for path in paths_of(search)] == [[], *[["cancelled"]] * 3]


def test_a_payer_that_needs_more_than_the_row_has_is_skipped() -> None:
    lanes = make_lanes(CODES[:2])
    Payer.objects.filter(code="TPA001").update(requires=[{"field": "phone", "when": {}}])
    search = begun(lanes)
    assert said(search)["TPA001"] == "TPA001 needs phone."
    assert said(begun(lanes, phone="0501234567"))["TPA001"] == "in line"


def test_a_payer_that_is_switched_off_is_skipped_and_one_that_is_gone_is_none() -> None:
    lanes = make_lanes(CODES[:2])
    Payer.objects.filter(code="TPA001").update(is_active=False)
    Payer.objects.filter(code="BOTH").update(members=["TPA001", "TPA002", "GONE"])
    assert said(begun(lanes)) == {"TPA002": "in line", "TPA001": candidates.SWITCHED_OFF}


def test_a_search_that_can_ask_nobody_fails_at_once() -> None:
    lanes = make_lanes(CODES[:2])
    Connection.objects.update(is_active=False)
    search = again(begun(lanes))
    assert (search.status, search.failure) == ("failed", "payer_unsupported")
    assert search.failure_message == paths.NOBODY


def test_a_search_without_payers_fails_too() -> None:
    lanes = make_lanes(CODES[:1])
    Payer.objects.filter(code="BOTH").update(members=[])
    assert again(begun(lanes)).failure == "payer_unsupported"


def test_a_search_in_test_mode_asks_every_payer_over_the_test_connection() -> None:
    lanes = make_lanes(CODES[:2])
    test = Connection.objects.create(team=lanes[0].team, name="test", connector="synthetic")
    Connection.objects.exclude(pk=test.pk).update(is_active=False)
    search = begun(lanes, test_mode=True)
    assert [path.connection_id for path in paths_of(search)] == [test.pk, test.pk]


def test_a_path_asks_what_its_search_asks_and_is_nobodys_row_of_its_own() -> None:
    lanes = make_lanes(CODES[:2])
    search = begun(lanes, name="Aisha", visit_type="DENTAL", priority=0, details={"mode": "prod"})
    path = paths_of(search)[0]
    for name in ("team_id", "clinic_id", "id_value", "id_key", "name", "visit_type", "details"):
        assert getattr(path, name) == getattr(search, name), name
    assert path.priority == search.priority == 0
    assert (path.batch_id, path.submission_id, path.is_search) == (None, None, False)
    assert not EligibilityTask.objects.of_clinic(search.clinic_id).filter(pk=path.pk).exists()
    row = claim()[0]
    assert row.search_id == search.pk
    assert row.query.is_search
    assert row.query.payer == "TPA001"


# --- the directory -------------------------------------------------------------------------------


def test_the_payer_that_is_known_to_have_the_member_is_asked_first_and_alone() -> None:
    lanes = make_lanes()
    know(lanes[2])
    search = begun(lanes)
    assert said(search) == {
        "TPA003": "in line", "TPA001": "later", "TPA002": "later", "TPA004": "later",
    }  # fmt: skip
    reply(TPA003=NOBODY)
    assert said(search)["TPA001"] == said(search)["TPA002"] == "in line"


def test_of_two_payers_that_had_the_member_the_last_one_comes_first() -> None:
    lanes = make_lanes()
    know(lanes[2])
    know(lanes[3])
    assert list(said(begun(lanes)).items())[:3] == [
        ("TPA004", "in line"), ("TPA003", "in line"), ("TPA001", "later"),
    ]  # fmt: skip


def test_without_a_hint_the_payer_with_most_of_the_teams_members_comes_first() -> None:
    lanes = make_lanes()
    for number in range(3):
        know(lanes[3], f"OTHER{number}")
    know(lanes[1], "OTHER9")
    assert list(said(begun(lanes)))[:2] == ["TPA004", "TPA002"]


def test_another_teams_directory_says_nothing() -> None:
    lanes = make_lanes()
    know(make_lane(code="TPA004"))
    assert next(iter(said(begun(lanes)))) == "TPA001"


def test_a_row_that_forces_a_new_answer_is_asked_as_if_nothing_were_known() -> None:
    lanes = make_lanes()
    know(lanes[2])
    in_line = list(said(begun(lanes, details={"force": True})).values())
    assert in_line == ["in line", "in line", "later", "later"]


# --- when, and how many --------------------------------------------------------------------------


def test_a_search_waits_for_its_time() -> None:
    lanes = make_lanes()
    later = timezone.now() + timedelta(hours=1)
    search = make_search(lanes, run_at=later, not_before=later)
    assert searches.start_due() == 0
    assert paths_of(search) == []


def test_a_due_search_is_never_taken_for_a_row_without_a_connection() -> None:
    search = make_search(make_lanes())
    assert unroutable.fail_unroutable() == 0
    assert claim() == []
    assert again(search).status == Status.PENDING


def test_the_dispatchers_beat_begins_what_is_due() -> None:
    search = make_search(make_lanes())
    dispatcher.beat("host")
    assert again(search).status == Status.WAITING


def test_many_searches_begin_in_a_few_statements(django_assert_max_num_queries: Any) -> None:
    lanes = make_lanes()
    both = Payer.objects.get(code="BOTH")
    make_rows(lanes[0], 300, payer=both, connection=None, is_search=True)
    with django_assert_max_num_queries(20):
        assert searches.start_due() == 300
    assert EligibilityTask.objects.filter(parent__isnull=False).count() == 1200
    assert EligibilityTask.objects.filter(parent__isnull=False, run_at=None).count() == 600
    assert searches.start_due() == 0


def test_a_payer_finds_its_member_among_several(payer: WatchedPayer) -> None:
    lanes = make_lanes()
    there = make_search(lanes, "at=TPA003;outcome=eligible")
    partly = make_search(lanes, "at=TPA001;failure=provider_not_enrolled")
    nowhere = make_search(lanes, "outcome=member_not_found")
    drain_until_done(payer)
    assert [again(search).outcome for search in (there, partly, nowhere)] == [
        "eligible", "partial", "member_not_found",
    ]  # fmt: skip
    assert said(there)["TPA003"] == "eligible"
    result = again(there).result
    assert result is not None
    assert result.answer["resolved_by_search"] is True
    assert result.task_id == paths_of(there)[2].pk
