"""Failed checks are few and looked for all day: their filters read an index of their own."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory

from eligibility.admin.filters import FailureFilter, PayerFilter, StatusFilter
from eligibility.models import EligibilityTask, Payer
from tests.cast import Cast
from tests.eligibility.admin.looking import CHECKS, make_failed, make_patient, names_in
from tests.eligibility.admin.planning import explained
from tests.portal.admin.entering import enter


@pytest.fixture
def failures(cast: Cast) -> Cast:
    """Two failed checks of different causes and payers, and one that waits."""
    other = Payer.objects.get(code="INS026")
    make_failed(cast.us.first, number=1, name="Late", failure="timeout")
    make_failed(cast.us.first, number=2, name="Wrong", failure="identity_mismatch", payer=other)
    make_patient(cast.us.first, 3, name="Waiting")
    return cast


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"failure": "timeout"}, {"Late"}),
        ({"failure": "throttled"}, set()),
        ({"status": "failed"}, {"Late", "Wrong"}),
        ({"status": "failed", "payer": "INS026"}, {"Wrong"}),
        ({"status": "failed", "failure": "timeout", "payer": "INS026"}, set()),
        ({"status": "pending", "payer": "INS026"}, set()),
    ],
)
def test_each_filter_shows_its_rows(failures: Cast, given: dict[str, str], names: set[str]) -> None:
    assert set(names_in(enter(failures.us.viewer).get(CHECKS, given))) == names


def test_a_failure_class_is_read_from_its_index(failures: Cast) -> None:
    rows = FailureFilter.apply(shell(FailureFilter), asked(), own(failures), "timeout")
    plan = explained(rows, "task_by_failure")
    assert "task_by_failure" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


def test_failed_checks_of_a_payer_are_read_from_theirs(failures: Cast) -> None:
    filters, request = shell(PayerFilter), asked(status="failed")
    filters._ids = {payer.code: payer.pk for payer in Payer.objects.all()}
    rows = StatusFilter.apply(shell(StatusFilter), request, own(failures), "failed")
    of_payer = filters.apply(request, rows, "INS026")
    plan = explained(of_payer, "task_failed_by_payer")
    assert "task_failed_by_payer" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


def shell(kind: type[Any]) -> Any:
    """A filter outside a page."""
    return object.__new__(kind)


def asked(**query: str) -> Any:
    """A request for the list."""
    return RequestFactory().get(CHECKS, query)


def own(cast: Cast) -> Any:
    """The clinic's checks, as its list begins with them."""
    return EligibilityTask.objects.filter(clinic=cast.us.first, parent=None)
