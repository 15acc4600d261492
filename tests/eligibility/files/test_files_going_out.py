"""What the files that go out say: failed rows, results, refused rows."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eligibility.choices import Failure, Status
from eligibility.files.export import FAILED_COLUMNS, failed_rows
from eligibility.files.refused import RefusedRows
from eligibility.files.results import RESULT_COLUMNS, results
from eligibility.models import Batch, EligibilityTask, TaskRevision
from eligibility.operations.filing import Watch
from portal.exports import as_bytes
from portal.models import RejectedRow, RowState
from tests.cast import Cast, House
from tests.eligibility.files.making import bring, make_cells, make_file, told
from tests.factories import make_result


@pytest.fixture
def house(cast: Cast) -> House:
    """Our team, with a batch of two checks and two rejected rows."""
    cells = [make_cells(1), make_cells(2, tpa_name="NEXTCARE"), make_cells(3)]
    bring(make_file([*cells, make_cells(4, id_type="X", tpa_name="")]), cast.us.first)
    return cast.us


def rows_of(out: Any) -> list[dict[str, str]]:
    """The rows of a file as somebody reads them."""
    return told(b"".join(as_bytes("csv", out.columns, out.rows)))


class TestFailedRows:
    def test_only_what_needs_work_goes_out_by_line(self, house: House) -> None:
        EligibilityTask.objects.filter(line=4).update(
            status=Status.FAILED, failure=Failure.PAYER_UNAVAILABLE, failure_message="Refused."
        )
        out = failed_rows(Batch.objects.get())
        assert (out.columns, out.count) == (FAILED_COLUMNS, 3)
        rows = rows_of(out)
        assert [row["line"] for row in rows] == ["3", "4", "5"]
        assert rows[1]["code"] == "payer_unavailable"
        assert rows[1]["message"].startswith("The payer could not be reached. Refused. ")
        assert rows[1]["version"] == str(EligibilityTask.objects.get(line=4).version)

    def test_a_rejected_row_says_every_field_and_what_would_be_right(self, house: House) -> None:
        first, second = rows_of(failed_rows(Batch.objects.get()))
        assert (first["field"], first["code"], first["suggestion"]) == (
            "tpa_name",
            "tpa_name.unknown",
            "TPA002",
        )
        assert first["id_value"] == make_cells(2)["id_value"]
        assert second["field"] == "tpa_name, id_type"
        assert second["code"] == "tpa_name.required, id_type.unknown"

    def test_settled_rows_stay_at_home(self, house: House) -> None:
        RejectedRow.objects.update(state=RowState.DISCARDED)
        assert rows_of(failed_rows(Batch.objects.get())) == []

    def test_the_number_of_queries_does_not_depend_on_the_rows(self, house: House) -> None:
        EligibilityTask.objects.update(status=Status.FAILED, failure=Failure.TIMEOUT)
        with CaptureQueriesContext(connection) as queries:
            assert len(rows_of(failed_rows(Batch.objects.get()))) == 4
        assert len(queries) <= 6


class TestResults:
    def test_an_answer_goes_out_in_the_cards_words(self, house: House) -> None:
        task = EligibilityTask.objects.get(line=2)
        make_result(
            task,
            "eligible",
            payer_name="NAS",
            policy={"plan": "Gold", "end": "2027-01-31"},
            networks=[{"name": "GN"}],
            benefits=[{"service": "consultation", "copay_percent": "20", "currency": "AED"}],
        )
        out = results(Batch.objects.get())
        assert (out.columns, out.count) == (RESULT_COLUMNS, 2)
        row, other = rows_of(out)
        assert (row["line"], row["status"], row["outcome"]) == ("2", "Done", "Eligible")
        assert (row["valid_on_the_day"], row["plan"], row["network"]) == ("yes", "Gold", "GN")
        assert "20" in row["patient_pays"]
        assert row["service_date"] == str(date(2026, 11, 24))
        assert row["answered_by"] == "the synthetic payer"
        assert row["id_value"] == make_cells(1)["id_value"]
        assert (other["status"], other["outcome"]) == ("Pending", "")

    def test_an_answer_from_before_a_correction_says_so(self, house: House) -> None:
        first, second = EligibilityTask.objects.order_by("line")
        TaskRevision.objects.create(task=second, number=1, changes={})
        for task in (first, second):
            make_result(task, "eligible")
        TaskRevision.objects.create(task=first, number=1, changes={"name": ["A", "B"]})
        row, other = rows_of(results(Batch.objects.get()))
        assert "The row was corrected after this answer" in row["warnings"]
        assert "corrected" not in other["warnings"]

    def test_a_failure_goes_out_with_what_to_do(self, house: House) -> None:
        EligibilityTask.objects.filter(line=2).update(
            status=Status.FAILED, failure=Failure.CREDENTIALS
        )
        row = rows_of(results(Batch.objects.get()))[0]
        assert row["status"] == "Failed: The payer refused our login"
        assert "administrator" in row["what_to_do"]

    def test_an_earlier_answer_is_none_while_a_row_runs_again(self, house: House) -> None:
        task = EligibilityTask.objects.get(line=2)
        make_result(task)
        EligibilityTask.objects.filter(pk=task.pk).update(status=Status.PENDING, outcome="")
        assert rows_of(results(Batch.objects.get()))[0]["outcome"] == ""


class TestRefusedRows:
    def refused_of(self, content: bytes, house: House, **wishes: Any) -> list[dict[str, str]]:
        """The rows of a file that did not get in, as they are written."""
        with RefusedRows() as refused:
            report = bring(content, house.first, watch=Watch(refused=refused.add), **wishes)
            file = io.BytesIO()
            refused.write(file, "csv", submission_id=report.submission_id)
        return told(file.getvalue())

    def test_they_keep_the_files_own_columns(self, house: House) -> None:
        cells = {"Patient": "Ali", "ID No": "1", "ID Type": "X", "Payer": "TPA004", "Room": "=12"}
        (row,) = self.refused_of(make_file([cells]), house, dry_run=True)
        assert [*row] == [*cells, "line", "field", "code", "message", "suggestion"]
        assert (row["Room"], row["line"], row["field"]) == ("=12", "2", "id_type, visit_type")

    def test_after_a_dry_run_they_come_in_once_they_are_mended(self, house: House) -> None:
        content = make_file([make_cells(7), make_cells(8, visit_type="OPD")])
        rows = self.refused_of(content, house, dry_run=True)
        mended = make_file([row | {"visit_type": row["suggestion"]} for row in rows])
        assert bring(mended, house.first).created == 1

    def test_after_a_real_run_they_name_the_rows_that_are_kept(self, house: House) -> None:
        content = make_file([make_cells(7), make_cells(8, visit_type="OPD")])
        (row,) = self.refused_of(content, house)
        kept = RejectedRow.objects.get(client_reference="APT-00008")
        assert (row["row_id"], row["version"]) == (str(kept.pk), "1")
        report = bring(make_file([row | {"visit_type": "OUTPATIENT"}]), house.first)
        assert (report.fixed, report.is_correction) == (1, True)

    def test_a_cell_too_many_goes_out_too(self, house: House) -> None:
        content = (
            make_file([make_cells(7)])
            + make_file([make_cells(8) | {"x": "y"}])[3:].split(b"\r\n")[1]
        )
        (row,) = self.refused_of(content, house, dry_run=True)
        assert row["column 12"] == "y"

    def test_many_of_them_do_not_stay_in_memory(self, house: House) -> None:
        cells = [make_cells(n, tpa_name="NOBODY", name="x" * 200) for n in range(300)]
        rows = self.refused_of(make_file(cells), house, dry_run=True)
        assert [row["line"] for row in rows] == [str(n) for n in range(2, 302)]
