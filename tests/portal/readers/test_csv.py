"""CSV by a strict dialect: nothing lost, nothing swallowed, every fault at its place."""

from __future__ import annotations

import io
import tracemalloc
from itertools import islice, repeat

import pytest

from portal.intake.readers import read_table
from portal.intake.readers.lines import LONGEST_LINE
from tests.portal.readers.making import read, refusal


class TestWhatIsRight:
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_lines_may_end_in_any_of_three_ways(self, end: str) -> None:
        found = read(end.join(["id,name", "1,Ali", "2,Sara", ""]))
        assert found.columns == ("id", "name")
        assert found.rows == [["1", "Ali"], ["2", "Sara"]]
        assert found.numbers == [2, 3]

    def test_the_last_line_needs_no_end(self) -> None:
        assert read("id,name\n1,Ali").rows == [["1", "Ali"]]

    @pytest.mark.parametrize(
        ("delimiter", "word"), [(",", "comma"), (";", "semicolon"), ("\t", "tab")]
    )
    def test_the_delimiter_is_found_in_the_header(self, delimiter: str, word: str) -> None:
        found = read(f"id{delimiter}name\n1{delimiter}Ali\n")
        assert found.rows == [["1", "Ali"]]
        assert found.read_as == f"CSV, utf-8, {word}"

    def test_a_delimiter_inside_quotation_marks_does_not_count(self) -> None:
        assert read('id;"a,b,c";name\n1;2;3\n').columns == ("id", "a,b,c", "name")

    def test_excels_own_hint_names_the_delimiter(self) -> None:
        found = read("sep=;\nid;name\n1;Ali, Farouk\n")
        assert found.rows == [["1", "Ali, Farouk"]]
        assert found.numbers == [3]

    def test_quoted_cells_hold_delimiters_marks_and_lines(self) -> None:
        found = read('id,note\n1,"Ali, ""the doctor"""\n2,"one\r\ntwo"\n3,\n')
        assert found.rows == [["1", 'Ali, "the doctor"'], ["2", "one\r\ntwo"], ["3", ""]]
        assert found.numbers == [2, 3, 5]

    def test_blank_lines_are_no_rows(self) -> None:
        found = read("\n\nid,name\n\n1,Ali\n,\n  , \n2,Sara\n\n")
        assert found.rows == [["1", "Ali"], ["2", "Sara"]]
        assert found.numbers == [5, 8]
        assert found.blank == 4

    def test_cells_keep_their_blanks_zeros_and_formulas(self) -> None:
        assert read("a,b,c\n 1 ,007,=1+1\n").rows == [[" 1 ", "007", "=1+1"]]

    def test_what_was_made_safe_for_a_spreadsheet_is_read_as_it_was(self) -> None:
        found = read("a,b,c\n'=1+1,''-2,'Abd\n")
        assert found.rows == [["=1+1", "'-2", "'Abd"]]

    def test_a_nul_reaches_the_rules(self) -> None:
        assert read(b"a,b\n1,x\0y\n").rows == [["1", "x\0y"]]

    def test_nameless_columns_behind_the_last_one_must_be_blank(self) -> None:
        found = read("a,b,,\n1,2,,\n3,4,,x\n")
        assert found.rows[0] == ["1", "2"]
        assert found.faults == {3: "file.row_long"}


class TestStrayQuotationMarks:
    def test_one_costs_its_own_row_and_no_other(self) -> None:
        rows = [f"{n},Patient {n},x" for n in range(1000)]
        rows[498] = '498,"Patient 498,x'
        found = read("\n".join(["id,name,note", *rows]))
        assert len(found.lines) == 1000
        assert found.faults == {500: "file.quote"}
        broken = next(line for line in found.lines if line.fault)
        assert broken.cells == {"id": "498", "name": '"Patient 498', "note": "x"}
        assert broken.fault is not None
        assert broken.fault.message.startswith("Line 500, column 2 (name): a quotation mark opens")

    def test_two_of_them_do_not_swallow_the_rows_between(self) -> None:
        text = 'id,name,note\n1,"Ali,a\n2,Sara,b\n3,Omar",c\n4,Noor,d\n'
        found = read(text)
        assert found.numbers == [2, 3, 4, 5]
        assert found.faults == {2: "file.quote", 4: "file.quote"}

    def test_one_inside_a_cell_is_named(self) -> None:
        found = read('id,name\n1,5" pipe\n2,x\n')
        assert found.faults == {2: "file.quote"}
        assert found.lines[0].cells == {"id": "1", "name": '5" pipe'}
        assert "inside the cell" in str(found.lines[0].fault)

    def test_text_behind_a_closing_one_is_named(self) -> None:
        found = read('id,name\n1,"Ali" Farouk\n2,x\n')
        assert found.faults == {2: "file.quote"}
        assert "closes the cell" in str(found.lines[0].fault)

    def test_the_cells_before_it_are_told_apart_as_they_are(self) -> None:
        found = read('id,name,note\n"1","Haddad, Anjali",5" pipe\n')
        assert found.rows == [["1", "Haddad, Anjali", '5" pipe']]

    def test_one_before_a_row_of_several_lines_is_told_at_its_own_line(self) -> None:
        found = read('id,name,note\n1,"Ali,a\n2,"Sara\nSaeed",b\n')
        assert found.faults == {2: "file.quote"}
        assert found.rows[1] == ["2", "Sara\nSaeed", "b"]

    def test_one_in_the_last_line_is_no_end_of_the_file(self) -> None:
        assert read('id,name\n1,a\n2,"b').faults == {3: "file.quote"}

    def test_a_row_of_very_many_lines_is_none(self) -> None:
        found = read('id,name\n1,"a\n' + "x\n" * 300 + '"\n2,b\n')
        assert found.faults[2] == "file.quote"
        assert found.rows[-1] == ["2", "b"]
        assert len(found.lines) == 303

    def test_every_line_with_one_is_read_in_time(self) -> None:
        found = read("id,name\n" + 'x,"y\n' * 3000)
        assert len(found.faults) == 3000


class TestWidths:
    def test_a_short_row_is_kept_and_its_end_named(self) -> None:
        found = read("id,name,note\n1,Ali\n2,Sara,x\n")
        assert found.lines[0].cells == {"id": "1", "name": "Ali"}
        assert found.lines[0].fault is not None
        assert found.lines[0].fault.message == (
            "Line 2 has 2 cells and the header has 3: the row ends before column 3 (note)."
        )
        assert found.lines[1].fault is None

    def test_a_long_row_is_kept_with_the_cell_too_many(self) -> None:
        found = read("id,name\n1,Ali,x\n2,Sara\n")
        assert found.lines[0].cells == {"id": "1", "name": "Ali", "column 3": "x"}
        assert found.faults == {2: "file.row_long"}
        assert "column 3" in str(found.lines[0].fault)

    def test_a_line_too_long_to_keep_is_a_row_with_a_fault(self) -> None:
        found = read("id,name\n1," + "x" * (LONGEST_LINE + 9) + "\n2,Sara\n")
        assert found.faults == {2: "file.line_too_long"}
        assert found.rows == [[], ["2", "Sara"]]


class TestHeaders:
    def test_two_columns_of_one_name_are_refused(self) -> None:
        found = refusal("id,name,ID\n1,Ali,2\n")
        assert (found.code, found.line) == ("file.header_twice", 1)
        assert "columns 1 and 3" in found.message

    def test_a_column_without_a_name_is_refused(self) -> None:
        found = refusal("\nid,,name\n1,Ali,2\n")
        assert (found.code, found.line) == ("file.header_missing", 2)
        assert "column 2" in found.message

    def test_a_stray_mark_in_the_header_is_refused(self) -> None:
        found = refusal('id,"name\n1,Ali\n')
        assert (found.code, found.line) == ("file.quote", 1)
        assert found.message.startswith("Line 1, column 2:")

    def test_two_likely_delimiters_are_refused(self) -> None:
        assert refusal("a,b;c\n").code == "file.delimiter"

    def test_more_columns_than_anybody_has_are_refused(self) -> None:
        assert refusal(",".join(f"c{n}" for n in range(1001))).code == "file.columns"

    @pytest.mark.parametrize("content", ["", "\n\r\n  \n", "\ufeff"])
    def test_a_file_without_a_header_is_refused(self, content: str) -> None:
        assert refusal(content).code == "file.empty"

    def test_a_header_alone_is_a_table_of_no_rows(self) -> None:
        assert read("id,name\n").lines == []

    def test_no_refusal_repeats_what_the_file_says(self) -> None:
        for text in ("Anjali,Anjali\n", 'a,"Anjali\n', "Anjali,,b\n"):
            assert "Anjali" not in str(refusal(text))


def test_a_large_file_is_read_in_constant_memory() -> None:
    row = b"APT-000001,2026-11-24 08:00,Anjali Haddad,2012-04-21,0527327441,EMIRATESID\n"
    file = io.BytesIO(b"a,b,c,d,e,f\n" + b"".join(repeat(row, 200_000)))
    with read_table(file, "list.csv") as table:
        assert sum(1 for _ in islice(table.lines, 150_000)) == 150_000
        tracemalloc.start()
        try:
            assert sum(1 for _ in table.lines) == 50_000
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 1 << 20
