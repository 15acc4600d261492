"""The file of failed rows goes out, is edited and comes back: the same rows, none of them twice."""

from __future__ import annotations

from typing import Any

import pytest

from eligibility.choices import Failure, Status
from eligibility.files.export import failed_rows
from eligibility.files.report import FileReport
from eligibility.models import Batch, EligibilityTask, TaskRevision
from eligibility.operations import create_tasks, discard_rejected, fix_task
from eligibility.operations.filing import Watch
from portal.exports import as_bytes
from portal.models import AuditEvent, FileImport, RejectedRow, RowState, Submission
from tests.cast import Cast, House
from tests.eligibility.files.making import bring, make_cells, make_file, told
from tests.eligibility.make_rows import make_row

ENDINGS = ["csv", "xlsx"]


@pytest.fixture
def house(cast: Cast) -> House:
    """Our team, with a batch of four: one check pending, two failed, one row rejected, at 5."""
    cells = [make_cells(n) for n in range(3)]
    bring(
        make_file([*cells, make_cells(3, tpa_name="NEXTCARE", phone="0501234567")]), cast.us.first
    )
    fail(3, Failure.IDENTITY_MISMATCH, "Name differs.")
    fail(4, Failure.TIMEOUT)
    return cast.us


def fail(line: int, failure: Failure, message: str = "") -> None:
    """Let the check of this line fail."""
    EligibilityTask.objects.filter(line=line).update(
        status=Status.FAILED, failure=failure, failure_message=message, run_at=None
    )


def task_of(line: int) -> EligibilityTask:
    """The check of this line."""
    return EligibilityTask.objects.get(line=line)


def exported(ending: str = "csv") -> bytes:
    """The failed rows of the batch as they go out."""
    out = failed_rows(Batch.objects.get())
    return b"".join(as_bytes(ending, out.columns, out.rows))


def edited(content: bytes, edits: dict[str, dict[str, str]], ending: str = "csv") -> bytes:
    """The file with cells typed over, by the rows' lines."""
    rows = [row | edits.get(row["line"], {}) for row in told(content, ending)]
    return make_file(rows, ending=ending)


def give_back(content: bytes, house: House, **options: Any) -> FileReport:
    """Bring the file in as the clinic's operator."""
    return bring(content, house.first, actor=house.operator.pk, **options)


class TestTheAuditLog:
    def test_a_file_of_corrections_has_one_entry_about_its_clinic(self, house: House) -> None:
        entries = AuditEvent.objects.filter(details__has_key="is_correction")
        edits = {"3": {"name": "Ali Farouq"}, "4": {"name": "Ali Faruk"}}
        content = edited(exported(), edits)
        give_back(content, house, dry_run=True)
        assert not entries.exists()
        give_back(content, house)
        give_back(content, house)
        event = entries.get()
        assert (event.verb, event.actor_id) == ("imported", house.operator.pk)
        assert event.object_id == str(house.first.pk)
        assert "Faruk" not in str(event.details)


class TestTheRoundTrip:
    @pytest.mark.parametrize("ending", ENDINGS)
    def test_a_failed_check_is_corrected_and_asked_again(self, house: House, ending: str) -> None:
        edits = {"3": {"name": "Ali Farouq", "phone": ""}}
        content = edited(exported(ending), edits, ending)
        report = give_back(content, house, name=f"list.{ending}")
        assert report.is_correction
        assert (report.fixed, report.unchanged, report.rejected) == (1, 2, 0)
        task = task_of(3)
        assert (task.name, task.phone, task.status) == ("Ali Farouq", "", Status.PENDING)
        revision = TaskRevision.objects.get()
        assert revision.changes == {
            "name": ["Ali Farouk", "Ali Farouq"],
            "phone": ["0563657799", None],
        }
        assert revision.made_by == house.operator.pk
        assert task.request_dump["name"] == "Ali Farouk"

    @pytest.mark.parametrize("ending", ENDINGS)
    def test_a_rejected_row_is_accepted_at_its_line(self, house: House, ending: str) -> None:
        content = edited(exported(ending), {"5": {"tpa_name": "tpa002"}}, ending)
        assert give_back(content, house).fixed == 1
        row = RejectedRow.objects.get()
        assert (row.state, row.accepted_as) == (RowState.ACCEPTED, str(task_of(5).pk))
        assert (task_of(5).payer.code, task_of(5).phone) == ("TPA002", "0501234567")
        assert task_of(5).batch == Batch.objects.get()

    @pytest.mark.parametrize("ending", ENDINGS)
    def test_given_back_as_it_is_it_changes_nothing(self, house: House, ending: str) -> None:
        before = list(EligibilityTask.objects.order_by("pk").values())
        report = give_back(exported(ending), house)
        assert (report.rows, report.unchanged) == (3, 3)
        assert list(EligibilityTask.objects.order_by("pk").values()) == before
        assert not TaskRevision.objects.exists()

    def test_given_back_twice_it_changes_nothing_the_second_time(self, house: House) -> None:
        edits = {"3": {"name": "Ali Farouq", "visit_type": "dental "}, "5": {"tpa_name": "tpa002"}}
        content = edited(exported(), edits)
        assert give_back(content, house).fixed == 2
        second = give_back(content, house)
        assert (second.fixed, second.unchanged, second.conflicts) == (0, 3, 0)
        assert EligibilityTask.objects.count() == 4
        assert TaskRevision.objects.count() == 1

    def test_no_submission_and_no_import_is_made_of_it(self, house: House) -> None:
        give_back(edited(exported(), {"3": {"name": "A"}}), house)
        assert (Submission.objects.count(), FileImport.objects.count()) == (1, 1)

    def test_a_doubtful_birthday_goes_out_as_it_came(self, house: House) -> None:
        bring(make_file([make_cells(8, dob="03/04/1986")]), house.first)
        EligibilityTask.objects.filter(line=2, client_reference="APT-00008").update(
            status=Status.FAILED, failure=Failure.IDENTITY_MISMATCH
        )
        out = failed_rows(Batch.objects.order_by("-created_at", "-pk")[0])
        content = b"".join(as_bytes("csv", out.columns, out.rows))
        (row,) = told(content)
        assert (row["dob"], row["field"]) == ("03/04/1986", "dob")
        report = give_back(make_file([row | {"dob": "1986-04-03"}]), house)
        assert report.fixed == 1
        assert str(EligibilityTask.objects.get(client_reference="APT-00008").dob) == "1986-04-03"

    def test_what_a_spreadsheet_did_to_other_cells_is_no_edit(self, house: House) -> None:
        by_excel = {"phone": "563657799", "dob": "13/11/1986", "service_date": "24/11/2026"}
        content = edited(exported(), {"3": by_excel, "4": by_excel | {"name": "Ali Farouq"}})
        report = give_back(content, house)
        assert (report.fixed, report.unchanged) == (1, 2)
        assert (task_of(4).phone, str(task_of(4).dob)) == ("0563657799", "1986-11-13")

    def test_only_the_columns_that_are_there_are_read(self, house: House) -> None:
        rows = [
            {"row_id": row["row_id"], "version": row["version"], "name": "X"}
            for row in told(exported())
        ]
        assert give_back(make_file(rows), house).fixed == 2
        assert task_of(3).phone == "0563657799"


class TestConflicts:
    def test_a_row_that_somebody_else_changed_is_left_alone(self, house: House) -> None:
        content = edited(exported(), {"3": {"name": "Mine"}})
        task = task_of(3)
        fix_task(task=task, changes={"name": "Theirs"}, version=task.version, actor="b" * 24)
        report = give_back(content, house)
        assert (report.conflicts, report.fixed) == (1, 0)
        assert "Somebody else" in next(iter(report.errors.values())).message
        assert task_of(3).name == "Theirs"

    def test_a_row_that_somebody_discarded_is_left_alone(self, house: House) -> None:
        content = edited(exported(), {"5": {"tpa_name": "TPA002"}})
        discard_rejected(row=RejectedRow.objects.get(), version=1)
        report = give_back(content, house)
        assert (report.conflicts, [*report.errors]) == (1, ["row.gone/"])
        assert EligibilityTask.objects.count() == 3

    def test_a_check_that_is_being_asked_is_left_alone(self, house: House) -> None:
        content = edited(exported(), {"4": {"name": "Mine"}})
        EligibilityTask.objects.filter(line=4).update(
            status=Status.WAITING, failure="", look="poll", run_at="2026-11-24T00:00Z"
        )
        assert give_back(content, house).conflicts == 1

    def test_the_reference_of_a_check_cannot_be_changed(self, house: House) -> None:
        report = give_back(edited(exported(), {"3": {"client_reference": "NEW"}}), house)
        assert report.unchanged == 3
        assert task_of(3).client_reference == "APT-00001"


class TestRowsThatStayWrong:
    def test_their_new_errors_are_told_and_nothing_changes(self, house: House) -> None:
        content = edited(exported(), {"3": {"tpa_name": "NOBODY"}, "5": {"visit_type": "X"}})
        refused: list[tuple[int, list[str]]] = []
        watch = Watch(
            refused=lambda line, issues: refused.append((line.number, [i.code for i in issues]))
        )
        report = give_back(content, house, watch=watch)
        assert (report.rejected, report.unchanged) == (2, 1)
        assert refused == [(2, ["tpa_name.unknown"]), (4, ["tpa_name.unknown"])]
        raw: Any = RejectedRow.objects.get().raw
        assert (task_of(3).payer.code, raw["visit_type"]) == ("TPA004", "OUTPATIENT")

    @pytest.mark.parametrize(
        ("cells", "code"),
        [
            ({"row_id": ""}, "row_id.format"),
            ({"row_id": "7"}, "row_id.format"),
            ({"row_id": "01a20370-566a-7000-802e-999b6be2bf3b"}, "row_id.unknown"),
            ({"version": ""}, "version.format"),
            ({"version": "²"}, "version.format"),
        ],
    )
    def test_a_line_that_names_no_row_is_refused(
        self, house: House, cells: dict[str, str], code: str
    ) -> None:
        report = give_back(edited(exported(), {"3": cells}), house)
        assert (report.rejected, report.unchanged) == (1, 2)
        assert [reason.code for reason in report.errors.values()] == [code]

    def test_a_row_may_be_named_once(self, house: House) -> None:
        rows = told(exported())
        report = give_back(make_file([*rows, rows[0] | {"name": "X"}]), house)
        assert [reason.code for reason in report.errors.values()] == ["row_id.repeated"]
        assert task_of(3).name == "Ali Farouk"

    def test_a_broken_line_is_refused(self, house: House) -> None:
        content = exported() + b'"x","y"\r\n'
        assert [*give_back(content, house).errors] == ["file.row_short/"]


def test_rows_of_others_are_not_there(cast: Cast, house: House) -> None:
    content = edited(exported(), {"3": {"name": "X"}, "5": {"tpa_name": "TPA002"}})
    for clinic in (house.second, cast.them.first):
        report = bring(content, clinic)
        assert (report.rejected, [*report.errors]) == (3, ["row_id.unknown/row_id"])
    assert task_of(3).name == "Ali Farouk"
    assert RejectedRow.objects.get().state == RowState.OPEN


def test_a_dry_run_counts_and_changes_nothing(house: House) -> None:
    content = edited(exported(), {"3": {"name": "X"}, "5": {"tpa_name": "TPA002"}})
    before = list(EligibilityTask.objects.order_by("pk").values())
    rehearsed = give_back(content, house, dry_run=True)
    assert rehearsed.fixed == 2
    assert list(EligibilityTask.objects.order_by("pk").values()) == before
    assert RejectedRow.objects.get().state == RowState.OPEN
    assert give_back(content, house).as_counts() == rehearsed.as_counts()


def test_rows_that_came_over_rest_are_corrected_in_the_same_way(house: House) -> None:
    bad = make_row(tpa_name="NOBODY", client_reference="R-1", phone=563657799)
    created = create_tasks(
        team=house.team, clinic=house.first, actor="", rows=[make_row(), bad, 7, None]
    )
    out = failed_rows(Batch.objects.get(pk=str(created.batch_id)))
    rows = told(b"".join(as_bytes("csv", out.columns, out.rows)))
    assert [row["line"] for row in rows] == ["1", "2", "3"]
    assert give_back(make_file(rows), house).unchanged == 3
    rows[0] |= {"tpa_name": "TPA002"}
    report = give_back(make_file(rows), house)
    assert [*report.errors] == ["phone.type/phone"]
    rows[0] |= {"phone": "0563657799"}
    assert give_back(make_file(rows), house).fixed == 1
    assert EligibilityTask.objects.get(client_reference="R-1").line == 1
