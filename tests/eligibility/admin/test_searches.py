"""The page of a search tells payer by payer what came of it; a payer's own page leads back."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from eligibility.admin.home_desk import Desk
from eligibility.admin.home_panels import answers_today
from eligibility.choices import Outcome
from eligibility.engine.search import paths, searches
from eligibility.models import EligibilityTask, Payer
from eligibility.operations import pause_batch, retry_tasks
from tests.cast import Cast
from tests.eligibility.admin.looking import (
    CHECKS,
    MOST_QUERIES,
    listed,
    make_batch,
    make_patient,
    queries,
    task_url,
    text_of,
)
from tests.eligibility.engine.helpers import again
from tests.eligibility.engine.search.asking_around import DOWN, NO, YES, paths_of, reply, said
from tests.portal.admin.entering import enter

pytestmark = pytest.mark.django_db

MEMBERS = ["TPA002", "TPA004", "INS012", "TPA001"]


@pytest.fixture(autouse=True)
def four_payers(cast: Cast) -> None:
    """Let a search ask these only."""
    Payer.objects.filter(code="BOTH").update(members=MEMBERS)


def make_search(cast: Cast, **fields: Any) -> EligibilityTask:
    """A search of four payers, two of which are in line."""
    search = make_patient(
        cast.us.first, payer=Payer.objects.get(code="BOTH"), is_search=True, visit_type="LIFE",
        run_at=timezone.now(), **fields,
    )  # fmt: skip
    assert searches.start_due() == 1
    return search


def test_a_search_that_goes_on_says_who_is_asked_and_who_is_not(cast: Cast) -> None:
    search = make_search(cast)
    assert said(search)["TPA004"] == "TPA004 does not take LIFE."
    page = text_of(enter(cast.us.viewer).get(task_url(search)))
    assert "Asking around" in page
    assert "are being asked. Heard from 0 of 2 payers." in page
    assert "The payers of this search" in page
    assert "In line" in page
    assert "Asks up to 2 payers" in page
    assert "Skipped" in page
    assert "TPA004 does not take LIFE." in page
    assert "The payer has not been asked yet." not in page


def test_a_search_that_found_the_payer_names_it_on_the_card(cast: Cast) -> None:
    search = make_search(cast)
    reply(TPA002=YES)
    page = text_of(enter(cast.us.viewer).get(task_url(search)))
    name = Payer.objects.get(code="TPA002").name
    assert f"{name} covers this patient." in page
    assert "this answer counts" in page
    assert paths.FOUND_ELSEWHERE in page


def test_a_search_with_a_payer_that_failed_is_never_shown_as_a_no(cast: Cast) -> None:
    search = make_search(cast)
    assert set(said(search)) == set(MEMBERS)
    reply(TPA002=NO, INS012=DOWN)
    assert again(search).outcome == Outcome.PARTIAL
    client = enter(cast.us.operator)
    page = text_of(client.get(task_url(search)))
    assert "Nobody said yes, and some payers did not answer. This is not a no." in page
    retry_tasks(tasks=EligibilityTask.objects.filter(pk=search.pk), actor="a" * 24)
    assert "does not cover this patient" not in text_of(client.get(task_url(search)))
    searches.start_due()
    page = text_of(client.get(task_url(search)))
    assert "What they said before this round" in page


def test_a_paused_search_says_so(cast: Cast) -> None:
    batch = make_batch(cast.us.first)
    search = make_search(cast, batch=batch)
    pause_batch(batch=batch)
    page = text_of(enter(cast.us.viewer).get(task_url(search)))
    assert "Its batch is paused." in page
    assert "Its turn comes later" in page


def test_the_list_has_a_search_once_and_its_page_costs_what_a_checks_does(cast: Cast) -> None:
    search = make_search(cast)
    client = enter(cast.us.viewer)
    assert listed(client.get(CHECKS)) == [str(search.pk)]
    with queries() as asked:
        client.get(task_url(search))
    assert len(asked) <= MOST_QUERIES + 4


def test_home_counts_a_search_once_among_todays_answers(cast: Cast) -> None:
    make_search(cast)
    reply(TPA002=YES)
    desk = Desk.of(cast.us.viewer, timezone.now())
    today = {tile.word: tile.count for tile in answers_today(desk)}
    assert (today["Eligible"], today["No answer"]) == (1, 0)


def test_a_payers_own_page_leads_back_to_the_search_and_offers_no_verb(cast: Cast) -> None:
    search = make_search(cast)
    reply(TPA002=YES)
    found = next(path for path in paths_of(search) if path.payer.code == "TPA002")
    client = enter(cast.us.supervisor)
    assert task_url(found) in client.get(task_url(search)).content.decode()
    answer = client.get(task_url(found))
    page = answer.content.decode()
    assert task_url(search) in page
    assert "One payer of a search" in page
    for verb in ("rerun", "cancel", "reveal", "fix"):
        assert f'data-key="{verb}"' not in page
    assert enter(cast.them.supervisor).get(task_url(found)).status_code == 404
