"""Failed checks are few and looked for all day: their filters read an index of their own."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory

from eligibility.admin.filters import FailureFilter, PayerFilter, StatusFilter
from eligibility.models import EligibilityTask, Payer
from tests.cast import Cast
from tests.eligibility.admin.looking import CHECKS, make_failed, make_patient, names_in
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
    plan = explained(FailureFilter.apply(shell(FailureFilter), asked(), own(failures), "timeout"))
    assert "task_by_failure" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


def test_failed_checks_of_a_payer_are_read_from_theirs(failures: Cast) -> None:
    filters, request = shell(PayerFilter), asked(status="failed")
    filters._ids = {payer.code: payer.pk for payer in Payer.objects.all()}
    rows = StatusFilter.apply(shell(StatusFilter), request, own(failures), "failed")
    assert "task_failed_by_payer" in explained(filters.apply(request, rows, "INS026"))


def shell(kind: type[Any]) -> Any:
    """A filter outside a page."""
    return object.__new__(kind)


def asked(**query: str) -> Any:
    """A request for the list."""
    return RequestFactory().get(CHECKS, query)


def own(cast: Cast) -> Any:
    """The clinic's checks, as its list begins with them."""
    return EligibilityTask.objects.filter(clinic=cast.us.first, parent=None)


def explained(rows: Any) -> str:
    """How the database would go about it, were there rows enough to care."""
    newest = rows.order_by("-created_at", "-pk").values_list("created_at", "pk")[:50]
    sql, params = newest.query.sql_with_params()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        else:
            # Among a handful of rows all indexes cost the same: without the others, it is this one
            # or none (the transaction brings them back).
            cursor.execute(
                "SELECT indexname FROM pg_indexes WHERE tablename = 'eligibility_eligibilitytask'"
                " AND indexname LIKE 'task\\_%%' AND indexname NOT LIKE 'task%%failed%%'"
                " AND indexname <> 'task_by_failure'",
                [],
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute(f"EXPLAIN {sql}", params)
        return "\n".join(str(line) for line in cursor.fetchall())
