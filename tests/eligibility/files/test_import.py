"""A file comes in: good rows run, bad rows stay, every row is accounted for."""

from __future__ import annotations

import tracemalloc
from datetime import timedelta
from importlib.resources import files
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from eligibility.models import Batch, EligibilityTask
from eligibility.operations import fix_rejected, imports, pause_batch
from eligibility.operations.batches import cancel_batch
from eligibility.operations.filing import Watch
from portal.intake.readers import Line, Unreadable
from portal.models import FileImport, RejectedRow, RowState, Submission
from tests.cast import Cast, House
from tests.eligibility.files.making import COLUMNS, bring, make_cells, make_file, plain_csv
from tests.eligibility.operations.doing import broken_promises


@pytest.fixture
def house(cast: Cast) -> House:
    """Our team."""
    return cast.us


def rejected_codes() -> dict[int, list[str]]:
    """The codes of every rejected row, by line."""
    rows = RejectedRow.objects.order_by("line").values_list("line", "errors")
    return {line: [error["code"] for error in errors] for line, errors in rows}


class TestTheSample:
    def test_the_appointments_come_in_without_a_mapping(self, house: House) -> None:
        content = files("eligibility").joinpath("data", "appointments.csv").read_bytes()
        report = bring(content, house.first, name="appointments.csv")
        assert (report.rows, report.created, report.rejected) == (400, 381, 19)
        assert report.notices == []
        submission = Submission.objects.get(pk=str(report.submission_id))
        assert (submission.source, submission.total_rows) == ("file", 400)
        assert (submission.accepted_rows, submission.rejected_rows) == (381, 19)
        batch = Batch.objects.get(pk=str(report.batch_id))
        assert (batch.submission, batch.description) == (submission, "appointments.csv")
        assert batch.tasks.count() == 381
        assert broken_promises() == []

    def test_rows_carry_the_files_own_lines(self, house: House) -> None:
        bring(make_file([make_cells(1), make_cells(2, tpa_name="NOBODY")]), house.first)
        assert EligibilityTask.objects.get().line == 2
        assert RejectedRow.objects.get().line == 3

    def test_the_time_of_an_appointment_is_kept_and_delays_nothing(self, house: House) -> None:
        bring(make_file([make_cells(1)]), house.first)
        task = EligibilityTask.objects.get()
        assert str(task.service_date) == "2026-11-24"
        assert task.request_dump["appointment"] == "2026-11-24 08:03"
        assert task.run_at is not None
        assert task.run_at <= timezone.now()

    def test_a_workbook_comes_in_like_a_text(self, house: House) -> None:
        content = make_file([make_cells(1), make_cells(2)], ending="xlsx")
        report = bring(content, house.first, name="list.xlsx")
        assert (report.created, report.read_as) == (2, "Excel workbook")


class TestRowsThatAreNoRows:
    def test_every_kind_of_broken_line_is_kept_at_its_line(self, house: House) -> None:
        good = [[*make_cells(n).values()] for n in range(6)]
        lines = plain_csv([list(COLUMNS), *good]).splitlines()
        lines[2] = lines[2].replace("Ali", '"Ali')
        lines[3] = lines[3] + ",x,y"
        lines[4] = lines[4].rpartition(",")[0]
        lines.append("Total,6")
        report = bring("\n".join(lines), house.first)
        assert (report.rows, report.created, report.rejected) == (7, 3, 4)
        assert rejected_codes() == {
            3: ["file.quote"],
            4: ["file.row_long"],
            5: ["file.row_short"],
            8: ["row.totals"],
        }
        kept = RejectedRow.objects.get(line=4)
        raw: Any = kept.raw
        assert (raw["column 12"], raw["name"]) == ("x", "Ali Farouk")
        assert kept.errors[0]["message"].startswith("Line 4 has 13 cells")

    def test_a_row_fixed_later_takes_its_place(self, house: House) -> None:
        bring(make_file([make_cells(1), make_cells(2, id_type="EMIRATES ID")]), house.first)
        row = RejectedRow.objects.get()
        raw: Any = row.raw
        raw |= {"id_type": "EMIRATESID"}
        fix_rejected(row=row, raw=raw, version=row.version, actor=house.operator.pk)
        assert EligibilityTask.objects.get(line=3).batch == Batch.objects.get()

    def test_text_that_no_database_takes_is_refused_for_its_row_alone(self, house: House) -> None:
        content = make_file([make_cells(1), make_cells(2, name="A\0B")])
        assert bring(content, house.first).created == 1
        assert rejected_codes() == {3: ["text.unstorable"]}

    def test_a_file_of_bad_rows_only_is_kept_whole(self, house: House) -> None:
        report = bring(make_file([make_cells(n, tpa_name="NOBODY") for n in (1, 2)]), house.first)
        assert (report.rejected, report.batch_id) == (2, None)
        assert RejectedRow.objects.filter(submission_id=str(report.submission_id)).count() == 2

    @pytest.mark.parametrize(
        ("content", "code"),
        [("", "file.empty"), (",".join(COLUMNS), "file.no_rows"), ("a,b\n1,2\n", "columns")],
    )
    def test_a_file_of_no_use_stores_nothing(self, house: House, content: str, code: str) -> None:
        with pytest.raises(Unreadable) as caught:
            bring(content, house.first)
        assert caught.value.code == code
        assert not Submission.objects.exists()


class TestDates:
    def test_a_birthday_that_may_be_two_days_is_left_out_and_counted(self, house: House) -> None:
        report = bring(make_file([make_cells(1, dob="03/04/1986")]), house.first)
        task = EligibilityTask.objects.get()
        assert (task.dob, report.ambiguous_dates) == (None, 1)
        assert [warning["code"] for warning in task.warnings] == ["dob.ambiguous"]

    def test_a_visit_that_may_be_on_two_days_is_rejected(self, house: House) -> None:
        report = bring(make_file([make_cells(1, appointment="03/04/2026 08:00")]), house.first)
        assert rejected_codes() == {2: ["service_date.ambiguous"]}
        assert report.ambiguous_dates == 1

    def test_a_spreadsheets_days_are_read(self, house: House) -> None:
        content = make_file(
            [make_cells(1, dob="31729", appointment="46350.3354166667")], ending="xlsx"
        )
        bring(content, house.first)
        task = EligibilityTask.objects.get()
        assert (str(task.dob), str(task.service_date)) == ("1986-11-13", "2026-11-24")


class TestSeveralChunks:
    @pytest.fixture(autouse=True)
    def small_chunks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(imports, "CHUNK", 3)

    def test_they_make_one_submission_and_one_batch(self, house: House) -> None:
        cells = [make_cells(n) for n in range(10)]
        cells[4] = make_cells(4, tpa_name="NOBODY")
        seen: list[int] = []
        watch = Watch(progress=lambda report: seen.append(report.rows))
        report = bring(make_file(cells), house.first, watch=watch)
        assert (report.created, report.rejected, seen) == (9, 1, [3, 6, 9, 10])
        assert Submission.objects.get().total_rows == 10
        assert Batch.objects.get().tasks.count() == 9
        assert FileImport.objects.get().finished_at is not None
        assert broken_promises() == []

    def test_a_reference_that_comes_twice_is_a_doubt_across_chunks(self, house: House) -> None:
        cells = [make_cells(n) for n in range(6)]
        cells[5] = cells[0]
        cells[4] = make_cells(4, client_reference="APT-00001")
        report = bring(make_file(cells), house.first)
        assert (report.created, report.replayed, report.repeated_references) == (5, 1, 2)
        warnings = EligibilityTask.objects.get(line=6).warnings
        assert warnings[0]["message"] == "Line 3 of the file has the same reference."

    def test_a_later_row_does_not_close_a_rejected_one_of_its_own_file(self, house: House) -> None:
        cells = [make_cells(1, tpa_name="NOBODY"), *(make_cells(n) for n in (2, 3, 1))]
        bring(make_file(cells), house.first)
        assert RejectedRow.objects.get().state == RowState.OPEN

    def test_a_row_of_an_earlier_file_is_closed_when_its_reference_comes_again(
        self, house: House
    ) -> None:
        bring(make_file([make_cells(1, tpa_name="NOBODY")]), house.first)
        bring(make_file([make_cells(1)]), house.first)
        assert RejectedRow.objects.get().state == RowState.SUPERSEDED

    def test_a_dry_run_counts_the_same_and_stores_nothing(self, house: House) -> None:
        cells = [make_cells(n) for n in range(8)]
        cells[6], cells[7] = cells[0], make_cells(7, id_value="")
        content = make_file(cells)
        rehearsed = bring(content, house.first, dry_run=True)
        assert not Submission.objects.exists()
        real = bring(content, house.first)
        assert rehearsed.as_counts() == real.as_counts()
        assert (real.created, real.replayed, real.rejected) == (6, 1, 1)

    def test_a_dry_run_knows_the_rows_of_the_last_day(self, house: House) -> None:
        bring(make_file([make_cells(n) for n in range(4)]), house.first)
        report = bring(make_file([make_cells(n) for n in range(5)]), house.first, dry_run=True)
        assert (report.created, report.replayed) == (1, 4)

    def test_a_scheduled_file_waits_and_has_a_forecast(self, house: House) -> None:
        at = timezone.now() + timedelta(hours=5)
        cells = [make_cells(n) for n in range(7)]
        report = bring(make_file(cells), house.first, scheduled=True, scheduled_for=at)
        assert set(EligibilityTask.objects.values_list("run_at", flat=True)) == {at}
        batch = Batch.objects.get()
        assert batch.scheduled_for == at
        assert report.expected_by == batch.expected_by
        assert batch.expected_by is not None
        assert batch.expected_by > at

    @pytest.mark.parametrize("verb", [cancel_batch, pause_batch])
    def test_a_batch_stopped_meanwhile_gets_no_running_rows(self, house: House, verb: Any) -> None:
        def stop(report: Any) -> None:
            if report.rows == 3:
                options = {"actor": house.operator.pk} if verb is cancel_batch else {}
                verb(batch=Batch.objects.get(), **options)

        cells = [make_cells(n) for n in range(8)]
        bring(make_file(cells), house.first, watch=Watch(progress=stop))
        wanted = "cancelled" if verb is cancel_batch else "pending"
        found = set(EligibilityTask.objects.values_list("status", "run_at"))
        assert found == {(wanted, None)}
        assert broken_promises() == []


class TestTheSameFileAgain:
    @pytest.fixture(autouse=True)
    def small_chunks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(imports, "CHUNK", 3)

    def content(self) -> bytes:
        """Ten rows, two of them bad, three without a reference."""
        cells = [make_cells(n) for n in range(10)]
        for n in (1, 5, 8):
            cells[n] = make_cells(n, client_reference="")
        cells[2] = make_cells(2, tpa_name="NOBODY")
        cells[9] = make_cells(9, tpa_name="NOBODY")
        return make_file(cells)

    def test_it_changes_nothing_within_a_day(self, house: House) -> None:
        first = bring(self.content(), house.first)
        second = bring(self.content(), house.first)
        assert second.was_done
        assert second.as_counts() == first.as_counts()
        assert second.batch_id == first.batch_id
        assert (EligibilityTask.objects.count(), Submission.objects.count()) == (8, 1)

    def test_it_comes_in_again_when_asked_for(self, house: House) -> None:
        bring(self.content(), house.first)
        report = bring(self.content(), house.first, again=True)
        assert (report.created, report.replayed, report.rejected) == (3, 5, 2)
        assert "came in before" in report.notices[0]

    def test_it_is_new_after_a_day(self, house: House) -> None:
        bring(self.content(), house.first)
        long_ago = timezone.now() - timedelta(hours=25)
        FileImport.objects.update(updated_at=long_ago, finished_at=long_ago)
        EligibilityTask.objects.update(created_at=long_ago)
        assert bring(self.content(), house.first).created == 8

    def test_it_is_new_for_another_clinic(self, house: House) -> None:
        bring(self.content(), house.first)
        assert bring(self.content(), house.second).created == 8

    def test_after_a_break_it_goes_on_and_doubles_nothing(self, house: House) -> None:
        class Crash(Exception):
            pass

        def crash(report: Any) -> None:
            if report.rows == 6:
                raise Crash

        with pytest.raises(Crash):
            bring(self.content(), house.first, watch=Watch(progress=crash))
        assert EligibilityTask.objects.count() == 5
        report = bring(self.content(), house.first)
        assert (report.resumed_after, report.rows, report.is_done) == (7, 10, True)
        assert (report.created, report.rejected) == (8, 2)
        assert (EligibilityTask.objects.count(), RejectedRow.objects.count()) == (8, 2)
        assert Submission.objects.get().total_rows == 10
        assert Batch.objects.count() == 1
        assert broken_promises() == []

    def test_it_can_be_stopped_between_chunks_and_goes_on(self, house: House) -> None:
        stopping = Watch(keep_going=lambda: False)
        rows = [bring(self.content(), house.first, watch=stopping).rows for _ in range(3)]
        assert rows == [3, 6, 9]
        assert bring(self.content(), house.first, watch=stopping).rows == 10
        assert bring(self.content(), house.first).is_done
        assert EligibilityTask.objects.count() == 8

    def test_a_break_of_long_ago_is_given_up(self, house: House) -> None:
        bring(self.content(), house.first, watch=Watch(keep_going=lambda: False))
        long_ago = timezone.now() - timedelta(hours=25)
        FileImport.objects.update(updated_at=long_ago)
        EligibilityTask.objects.update(created_at=long_ago)
        report = bring(self.content(), house.first)
        assert (report.resumed_after, report.created) == (0, 8)
        assert FileImport.objects.filter(finished_at=None).count() == 0

    def test_two_at_once_bring_each_row_once(self, house: House) -> None:
        """The second one overtakes the first between its first and its second chunk."""

        def overtake(report: Any) -> None:
            if report.rows == 3:
                assert bring(self.content(), house.first).is_done

        report = bring(self.content(), house.first, watch=Watch(progress=overtake))
        assert not report.is_done
        assert "from elsewhere" in report.notices[0]
        assert (EligibilityTask.objects.count(), RejectedRow.objects.count()) == (8, 2)
        assert Submission.objects.get().total_rows == 10

    def test_rows_rejected_before_are_told_again(self, house: House) -> None:
        told: list[int] = []

        def hear(line: Line, _: Any) -> None:
            told.append(line.number)

        bring(self.content(), house.first, watch=Watch(keep_going=lambda: False))
        bring(self.content(), house.first, watch=Watch(refused=hear))
        assert told == [4, 11]
        RejectedRow.objects.filter(line=4).update(state=RowState.DISCARDED)
        bring(self.content(), house.first, watch=Watch(refused=hear))
        assert told == [4, 11, 11]


def test_memory_does_not_grow_with_the_file(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "CHUNK", 200)
    peaks = []
    for rows in (400, 1_200):
        content = make_file(make_cells(n) for n in range(rows))
        tracemalloc.start()
        try:
            assert bring(content, house.first, dry_run=True).created == rows
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[1] < 1.4 * peaks[0]


def test_a_file_that_came_in_is_not_even_read_again(house: House) -> None:
    content = make_file([make_cells(1)])
    bring(content, house.first)
    with CaptureQueriesContext(connection) as queries:
        assert bring(content, house.first).was_done
    assert len(queries) <= 4
