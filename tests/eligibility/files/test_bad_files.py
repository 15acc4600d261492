"""Everything that calendars and spreadsheets do to a list: said with line and column, none lost."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import date

import pytest
import xlsxwriter

from eligibility.files.report import FileReport
from eligibility.identifiers import make_emirates_id
from eligibility.models import EligibilityTask
from portal.intake.readers import Unreadable
from portal.models import RejectedRow, Submission
from tests.cast import Cast, House
from tests.eligibility.files.making import COLUMNS, bring, make_cells, plain_csv
from tests.portal.readers.making import cell, make_package

ARABIC = "محمد الحوسني"


@pytest.fixture
def house(cast: Cast) -> House:
    """Our team."""
    return cast.us


def lines_of(count: int, **cells: str) -> list[str]:
    """The header and so many good lines, without their ends."""
    rows = [[*make_cells(n, **cells).values()] for n in range(count)]
    return plain_csv([list(COLUMNS), *rows]).splitlines()


def with_line(number: int, change: Callable[[str], str]) -> str:
    """Four good rows, at lines 2 to 5, of which one line was changed."""
    lines = lines_of(4)
    lines[number - 1] = change(lines[number - 1])
    return "\n".join(lines)


def told_of(report: FileReport) -> dict[int, str]:
    """What was said of each rejected row, by line; none is lost and none is counted twice."""
    kept = RejectedRow.objects.filter(submission_id=str(report.submission_id))
    stored = EligibilityTask.objects.filter(submission_id=str(report.submission_id)).count()
    assert report.accepted + report.rejected == report.rows
    assert (stored, kept.count()) == (report.accepted, report.rejected)
    assert Submission.objects.get().total_rows == report.rows
    return {row.line: " ".join(each["message"] for each in row.errors) for row in kept}


class TestOneLineIsWrong:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda line: line.replace("Ali", '"Ali'), "Line 3, column 3 (name): "),
            (lambda line: line.replace("Ali", 'A"li'), "Line 3, column 3 (name): "),
            (lambda line: line + ",x", "Line 3 has 12 cells and the header has 11: column 12 "),
            (lambda line: line.rpartition(",")[0], "the row ends before column 11 (note)."),
            (lambda line: "APT-9", "Line 3 has 1 cells and the header has 11: the row ends before"),
        ],
        ids=["stray quote", "quote in a cell", "long", "short", "one cell"],
    )
    def test_it_is_named_by_line_and_column_and_the_others_come_in(
        self, house: House, change: Callable[[str], str], said: str
    ) -> None:
        report = bring(with_line(3, change), house.first)
        assert (report.rows, report.created, report.rejected) == (4, 3, 1)
        (line, message), *_ = told_of(report).items()
        assert line == 3
        assert said in message

    def test_a_totals_row_is_no_patient(self, house: House) -> None:
        report = bring("\n".join([*lines_of(2), "Total" + "," * (len(COLUMNS) - 1)]), house.first)
        assert told_of(report) == {4: "This looks like a line of totals, not like a patient's."}

    def test_a_formula_is_text_and_is_never_worked_out(self, house: House) -> None:
        formula = '=HYPERLINK("http://x.example";"Ali")'
        lines = lines_of(3)
        lines[1] = lines[1].replace("Ali Farouk", '"' + formula.replace('"', '""') + '"')
        lines[2] = lines[2].replace("784", "=784")
        report = bring("\n".join(lines), house.first)
        assert told_of(report) == {}
        assert [*report.doubts] == ["emirates_id.shape/id_value"]
        names = EligibilityTask.objects.order_by("line").values_list("name", flat=True)
        assert list(names) == [formula, "Ali Farouk", "Ali Farouk"]


class TestTheWholeFileIsWrittenOddly:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1256"])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CR LF", "CR"])
    def test_any_encoding_and_line_end_brings_the_same_rows(
        self, house: House, encoding: str, end: str
    ) -> None:
        lines = lines_of(3, name=ARABIC)
        lines[2] = lines[2].replace("OUTPATIENT", "OPD")
        report = bring(end.join(lines).encode(encoding), house.first)
        assert list(told_of(report)) == [3]
        assert (report.created, report.errors["visit_type.unknown/visit_type"].rows) == (2, 1)
        names = EligibilityTask.objects.values_list("name", flat=True).distinct()
        assert list(names) == [ARABIC]

    @pytest.mark.parametrize(
        ("header", "said"),
        [
            (["name", *COLUMNS], "Line 1: columns 1 and 4 have the same name."),
            (["", *COLUMNS], "Line 1, column 1: the column has no name."),
            ([f'"{COLUMNS[0]}', *COLUMNS[1:]], "Line 1, column 1: "),
            ([each for each in COLUMNS if each != "id_value"], "id_value"),
            ([*make_cells().values()], "id_value"),
        ],
        ids=["twice", "no name", "stray quote", "one is missing", "no header at all"],
    )
    def test_a_header_that_says_nothing_certain_is_refused(
        self, house: House, header: Sequence[str], said: str
    ) -> None:
        body = lines_of(2)[1:]
        with pytest.raises(Unreadable) as caught:
            bring("\n".join([",".join(header), *body]), house.first)
        issues = [issue.message for issue in getattr(caught.value, "issues", ())]
        assert said in " ".join([caught.value.message, *issues])
        assert not Submission.objects.exists()

    @pytest.mark.parametrize("content", [",".join(COLUMNS), ",".join(COLUMNS) + "\n\n,,,\n"])
    def test_no_rows_are_no_list(self, house: House, content: str) -> None:
        with pytest.raises(Unreadable) as caught:
            bring(content, house.first)
        assert caught.value.code == "file.no_rows"
        assert not Submission.objects.exists()


class TestWorkbooks:
    def workbook(self, *rows: Sequence[object]) -> bytes:
        """What Excel saves when cells were typed as numbers and days."""
        file = io.BytesIO()
        with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
            sheet, day = book.add_worksheet(), book.add_format({"num_format": "dd/mm/yyyy"})
            sheet.write_row(0, 0, COLUMNS)
            for line, row in enumerate(rows, 1):
                for column, value in enumerate(row):
                    sheet.write(line, column, value, day if isinstance(value, date) else None)
        return file.getvalue()

    @pytest.mark.parametrize("name", ["list.xlsx", "list.csv"])
    def test_numbers_days_and_serials_are_read_as_what_they_show(
        self, house: House, name: str
    ) -> None:
        number = float(make_emirates_id(1986, 1_000_001).replace("-", ""))
        typed = make_cells(1) | {"dob": date(1986, 11, 13), "id_value": number}
        serial = make_cells(2) | {"dob": 31729.0, "phone": 563657799.0}
        lost = make_cells(3) | {"id_value": 7.84198611234567e17}
        content = self.workbook(*[list(each.values()) for each in (typed, serial, lost)])
        report = bring(content, house.first, name=name)
        said = told_of(report)
        assert list(said) == [4]
        assert "lost its last digits" in said[4]
        tasks = EligibilityTask.objects.order_by("line")
        assert [str(task.dob) for task in tasks] == ["1986-11-13"] * 2
        assert tasks[0].id_key == f"{number:.0f}"
        assert ("Excel workbook" in " ".join(report.notices)) == (name == "list.csv")

    def test_a_row_that_ends_early_or_late_is_told(self, house: House) -> None:
        good = list(make_cells(1).values())
        content = self.workbook(good, [*make_cells(2).values(), "x"], ["Total", 2])
        said = told_of(bring(content, house.first, name="list.xlsx"))
        assert list(said) == [3, 4]
        assert "Line 3 has 12 cells and the header has 11: column 12" in said[3]

    def test_a_thousand_million_cells_store_nothing(self, house: House) -> None:
        sheet = f'<row r="1">{cell("A1")}</row><row r="1000000">{cell("ALL1000000")}</row>'
        with pytest.raises(Unreadable) as caught:
            bring(make_package(sheet), house.first, name="list.xlsx")
        assert "1,000,000,000 cells" in caught.value.message
        assert not Submission.objects.exists()
