"""A dry run says what a real one then does, whatever the rows and whatever is stored already."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eligibility.models import EligibilityTask
from eligibility.operations import Created
from tests.cast import Cast
from tests.eligibility.operations.doing import became, broken_promises, create, row, stored

pytestmark = pytest.mark.django_db

references = st.sampled_from(["", "A", "B", " B", "C", "x" * 200, "x" * 201])
changes = st.fixed_dictionaries(
    {},
    optional={
        "tpa_name": st.sampled_from(["TPA004", "tpa004 ", "BOTH", "NOBODY", "", None]),
        "visit_type": st.sampled_from(["OUTPATIENT", "INPATIENT", "NOWHERE"]),
        "dob": st.sampled_from(["1986-11-13", "13/11/1986"]),
        "test_mode": st.sampled_from([True, False, "yes"]),
        "service_date": st.sampled_from(["2026-11-24", "soon", None]),
        "note": st.just("unheard of"),
        "name": st.sampled_from(["Ali", "a\0b", "\ud800"]),
    },
)
rows: st.SearchStrategy[list[Any]] = st.lists(
    st.builds(lambda reference, change: row(reference, **change), references, changes)
    | st.sampled_from(["no row", None, 7, []]),
    max_size=8,
)
options = st.fixed_dictionaries(
    {
        "profile": st.sampled_from(["lenient", "strict"]),
        "all_or_nothing": st.booleans(),
        "source": st.sampled_from(["api", "file"]),
        "scheduled": st.booleans(),
    }
)


def told(created: Created) -> tuple[Any, ...]:
    """All that an answer says except for the ids and the forecast."""
    issues = [(entry.index, entry.errors, entry.warnings) for entry in created.entries]
    return became(created), issues, created.total_created, created.total_errors


@given(before=rows, now=rows, options=options)
@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_dry_run_predicts_the_real_one_and_stores_nothing(
    cast: Cast, before: list[Any], now: list[Any], options: dict[str, Any]
) -> None:
    with transaction.atomic():
        create(cast.us.first, *before)
        was = stored()
        rehearsed = create(cast.us.first, *now, dry_run=True, **options)
        assert stored() == was
        real = create(cast.us.first, *now, **options)
        assert told(rehearsed) == told(real)
        check_answer(real, len(now), stored()["EligibilityTask"] - was["EligibilityTask"])
        assert broken_promises() == []
        transaction.set_rollback(True)


def check_answer(created: Created, count: int, more_tasks: int) -> None:
    """The answer's numbers are those of its entries, and these are those of the database."""
    entries = created.entries
    assert [entry.index for entry in entries] == list(range(count))
    accepted = [entry for entry in entries if entry.disposition != "rejected"]
    assert created.total_created == len(accepted)
    assert created.total_errors == sum(bool(entry.errors) for entry in entries)
    assert more_tasks == became(created).count("created")
    ids = {entry.task_id for entry in accepted if entry.task_id}
    assert all(entry.task_id in ids for entry in accepted)
    assert EligibilityTask.objects.filter(pk__in=ids).count() == len(ids)
    assert all(entry.task_id is None for entry in entries if entry not in accepted)
