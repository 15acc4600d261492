from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from eligibility.models import Batch, EligibilityTask
from eligibility.operations import create_tasks, discard_rows, fix_rejected
from portal.models import AuditEvent, RejectedRow, Submission
from tests.cast import Cast
from tests.eligibility.admin.waiting import (
    ACTOR,
    NAME,
    bad,
    fields_of,
    fix_page,
    page,
    rejected,
    typed,
)
from tests.eligibility.make_rows import make_row
from tests.portal.admin.entering import enter, said

pytestmark = pytest.mark.django_db

VISIT = "rejected:TPA004:visit_type.unknown/visit_type"


@pytest.fixture
def client(cast: Cast) -> Client:
    """The operator's browser."""
    return enter(cast.us.operator)


def save(client: Client, row: RejectedRow, action: str = "save", **changes: str) -> Any:
    """Open the form as a person does, change something, send it."""
    address = fix_page(row)
    return client.post(address, typed(client.get(address), action=action, **changes))


def test_the_guilty_field_comes_first_with_its_error_and_suggestion(
    client: Client, cast: Cast
) -> None:
    (row,) = rejected(cast.us.first, bad(visit_type="OPD"))
    answer = client.get(fix_page(row))
    first = answer.context["form"].first
    assert [field.name for field in first] == ["visit_type"]
    assert first[0].has_focus
    assert first[0].errors[0].suggestion == "OUTPATIENT"
    assert 'name="use" value="visit_type=OUTPATIENT"' in answer.content.decode()
    assert answer.context["was_said"] == [first[0].errors[0].text]


def test_a_fixed_row_is_accepted_at_its_line(client: Client, cast: Cast) -> None:
    row, _ = rejected(cast.us.first, bad(), bad())
    before = Submission.objects.get()
    answer = save(client, row, visit_type="OUTPATIENT")
    row.refresh_from_db()
    task = EligibilityTask.objects.get(pk=row.accepted_as)
    assert row.state == "accepted"
    assert (task.line, task.submission_id, task.batch) == (1, before.pk, Batch.objects.get())
    assert task.visit_type == "OUTPATIENT"
    assert row.raw is not None
    assert row.raw["visit_type"] == "OUT"
    after = Submission.objects.get()
    assert (after.accepted_rows, after.rejected_rows) == (2, 1)
    assert str(task.pk) in answer.headers["Location"] or answer.headers["Location"] == page(
        "worklist"
    )


def test_acceptance_is_put_on_record(client: Client, cast: Cast) -> None:
    (row,) = rejected(cast.us.first, bad())
    save(client, row, visit_type="OUTPATIENT")
    row.refresh_from_db()
    event = AuditEvent.objects.get(verb="accepted")
    assert event.object_id == str(row.pk)
    assert event.details == {"task": row.accepted_as}
    assert (event.clinic_id, event.team_id) == (cast.us.first.pk, cast.us.team.pk)
    assert AuditEvent.objects.get(verb="revealed").object_id == str(row.pk)


def test_a_row_that_is_still_wrong_keeps_what_was_typed(client: Client, cast: Cast) -> None:
    (row,) = rejected(cast.us.first, bad())
    answer = save(client, row, visit_type="OUT", name="Sara Khan")
    assert answer.status_code == 200
    assert fields_of(answer)["name"].value == "Sara Khan"
    row.refresh_from_db()
    assert row.state == "open"


def test_an_unknown_payer_is_put_right_by_its_suggestion(client: Client, cast: Cast) -> None:
    (row,) = rejected(cast.us.first, bad(tpa_name="NEXTCARE", visit_type="OUTPATIENT"))
    shown = client.get(fix_page(row))
    fields = fields_of(shown)
    assert fields["tpa_name"].errors[0].suggestion == "TPA002"
    assert "NEXTCARE (not known)" in shown.content.decode()
    taken = client.post(fix_page(row), typed(shown, use="tpa_name=TPA002"))
    assert fields_of(taken)["tpa_name"].value == "TPA002"
    assert "visit_type" in fields_of(taken)
    answer = client.post(fix_page(row), typed(taken, action="save"))
    assert answer.status_code == 302
    assert EligibilityTask.objects.filter(payer__code="TPA002").count() == 1


def test_save_and_next_walks_through_the_lines(client: Client, cast: Cast) -> None:
    rows = rejected(cast.us.first, bad(), bad(), bad(tpa_name="NOBODY"), bad())
    wanted = [rows[0], rows[1], rows[3]]
    address = client.get(page("worklist_start", group=VISIT)).headers["Location"]
    for index, row in enumerate(wanted):
        shown = client.get(address)
        assert shown.context["rejected"].pk == row.pk
        assert shown.context["left"] == 2 - index
        answer = client.post(address, typed(shown, action="next", visit_type="DENTAL"))
        address = answer.headers["Location"]
    assert address == page("worklist")
    assert "the last row" in said(answer)
    lines = EligibilityTask.objects.filter(visit_type="DENTAL").values_list("line", flat=True)
    assert sorted(line or 0 for line in lines) == [1, 2, 4]


def test_a_row_that_somebody_accepted_meanwhile_is_told_and_nothing_is_doubled(
    client: Client, cast: Cast
) -> None:
    (row,) = rejected(cast.us.first, bad())
    values = typed(client.get(fix_page(row)), action="save", visit_type="DENTAL")
    fixed = fix_rejected(row=row, raw=bad(visit_type="OUTPATIENT"), version=1, actor=ACTOR)
    answer = client.post(fix_page(row), values)
    assert answer.status_code == 409
    assert "has been accepted" in answer.context["meanwhile"].message
    assert fields_of(answer)["visit_type"].value == "DENTAL"
    assert EligibilityTask.objects.count() == 2
    again = client.get(fix_page(row))
    assert "has been accepted" in again.content.decode()
    assert 'data-key="save"' not in again.content.decode()
    assert fixed.made_id is not None


def test_a_discarded_row_says_so(client: Client, cast: Cast) -> None:
    (row,) = rejected(cast.us.first, bad())
    values = typed(client.get(fix_page(row)), action="save", visit_type="DENTAL")
    discard_rows(rows=RejectedRow.objects.all(), actor=ACTOR)
    answer = client.post(fix_page(row), values)
    assert answer.status_code == 409
    assert "discarded" in answer.content.decode()
    assert EligibilityTask.objects.count() == 1


@pytest.mark.parametrize("row", [None, "text", [1, 2], 5, {}, {"extra_args": "x"}])
def test_whatever_came_in_place_of_a_row_can_be_filled_in_anew(
    client: Client, cast: Cast, row: Any
) -> None:
    (found,) = rejected(cast.us.first, row)
    good = {name: str(value) for name, value in make_row("extra_args").items()}
    first = client.post(
        fix_page(found), typed(client.get(fix_page(found)), **good, action="fields")
    )
    answer = client.post(fix_page(found), typed(first, **good, action="save"))
    assert answer.status_code == 302
    found.refresh_from_db()
    assert (found.state, found.raw) == ("accepted", row)


def test_numbers_that_should_have_been_text_are_right_once_saved(
    client: Client, cast: Cast
) -> None:
    (row,) = rejected(cast.us.first, make_row(phone=563657799, client_reference=""))
    shown = client.get(fix_page(row))
    assert not shown.context["form"].faults
    assert fields_of(shown)["phone"].value == "563657799"
    assert shown.context["was_said"]
    answer = client.post(fix_page(row), typed(shown, action="save"))
    assert answer.status_code == 302
    assert EligibilityTask.objects.filter(phone="563657799").exists()


def test_columns_that_no_form_has_stay_in_the_row(client: Client, cast: Cast) -> None:
    (row,) = rejected(cast.us.first, bad(insurance_as_written="NAS gold"))
    save(client, row, visit_type="OUTPATIENT")
    row.refresh_from_db()
    task = EligibilityTask.objects.get(pk=row.accepted_as)
    assert task.request_dump["insurance_as_written"] == "NAS gold"


def test_a_row_of_a_strict_file_is_held_to_the_strict_rules(client: Client, cast: Cast) -> None:
    create_tasks(
        team=cast.us.team,
        clinic=cast.us.first,
        actor=ACTOR,
        rows=[make_row(), bad(visit_type="OUTPATIENT", id_value="784-1986-9027382-1")],
        profile="strict",
    )
    row = RejectedRow.objects.get()
    shown = client.get(fix_page(row))
    assert fields_of(shown)["id_value"].errors
    assert client.post(fix_page(row), typed(shown, action="save")).status_code == 200
    row.refresh_from_db()
    assert row.state == "open"


def test_rows_of_others_are_not_there_and_viewers_are_refused(client: Client, cast: Cast) -> None:
    for clinic in (cast.us.second, cast.them.first):
        (row,) = rejected(clinic, bad())
        assert client.get(fix_page(row)).status_code == 404
        assert client.post(fix_page(row), {"version": "1"}).status_code == 404
    (mine,) = rejected(cast.us.first, bad())
    viewer = enter(cast.us.viewer)
    assert viewer.get(fix_page(mine)).status_code == 403
    assert viewer.post(fix_page(mine), {"version": "1"}).status_code == 403


def test_a_row_of_another_kind_has_no_form_here(client: Client, cast: Cast) -> None:
    (row,) = rejected(cast.us.first, bad())
    Submission.objects.update(kind="records.practitioners")
    assert client.get(fix_page(row)).status_code == 404
    assert NAME in str(row.raw)
