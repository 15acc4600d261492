from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from portal.models import AuditEvent, FileImport, RejectedRow, Submission, Team
from records.models import Integration, RecordChange, ResourceRecord
from records.operations import imports
from records.operations.filing import Watch, Wishes
from tests.factories import make_team

pytestmark = pytest.mark.django_db

INTEGRATION = "65f0c0ffee65f0c0ffee00aa"
HEADER = "logicalId,npi,name,gender,languages,workingHours"
GOOD = "p-{n},1234567893,Sentinel Person {n},female,en|ar,mon=09:00-12:30"
BAD = "p-{n},123,Sentinel Person {n},female,en,mon=09:00-12:30"


@pytest.fixture
def team() -> Team:
    return make_team("Palm Health")


def run(path: Path, capsys: Any = None, **options: Any) -> int:
    """The command's exit code."""
    options = {"integration": INTEGRATION, "create_integration": True} | options
    try:
        call_command("import_practitioners", path, **options)
    except SystemExit as ended:
        return int(str(ended.code))
    except CommandError as error:
        return error.returncode
    return 0


def make_file(directory: Path, *rows: str, name: str = "people.csv") -> Path:
    path = directory / name
    lines = [HEADER, *(row.format(n=number) for number, row in enumerate(rows, 1))]
    path.write_text("\n".join(lines) + "\n")
    return path


def configs() -> dict[str | None, dict[str, Any]]:
    return {each.logical_id: each.config for each in ResourceRecord.objects.order_by("pk")}


def test_good_rows_are_stored_and_the_exit_code_is_0(team: Team, tmp_path: Path) -> None:
    assert run(make_file(tmp_path, GOOD, GOOD)) == 0
    assert list(configs()) == ["p-1", "p-2"]
    config = configs()["p-1"]
    assert config["languages"] == ["en", "ar"]
    assert config["workingHours"]["mon"] == [{"start": "09:00", "end": "12:30"}]
    assert Integration.objects.get().pk == INTEGRATION
    assert {each.integration_id for each in ResourceRecord.objects.all()} == {INTEGRATION}
    assert [each.line for each in ResourceRecord.objects.order_by("pk")] == [2, 3]


def test_bad_rows_stay_with_their_line_and_the_exit_code_is_1(team: Team, tmp_path: Path) -> None:
    assert run(make_file(tmp_path, GOOD, BAD, GOOD), profile="strict") == 1
    assert list(configs()) == ["p-1", "p-3"]
    row = RejectedRow.objects.get()
    assert row.line == 3
    assert row.errors[0]["code"] == "npi.format"
    submission = Submission.objects.get()
    counts = (submission.total_rows, submission.accepted_rows, submission.rejected_rows)
    assert counts == (3, 2, 1)


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("", {}),
        ("a,b\n1,2\n", {}),
        (HEADER + "\n", {}),
        ("{}\n", {"format": "json"}),
        (HEADER + "\n" + GOOD + "\n", {"integration": "nonsense"}),
        (HEADER + "\n" + GOOD + "\n", {"team": "Nobody"}),
        (HEADER + "\n" + GOOD + "\n", {"errors_out": Path("errors.doc")}),
    ],
)
def test_what_is_of_no_use_ends_with_2_and_stores_nothing(
    content: str, options: dict[str, Any], team: Team, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_text(content)
    assert run(path, **options) == 2
    assert not ResourceRecord.objects.exists()
    assert not Submission.objects.exists()


def test_a_file_that_is_not_there_ends_with_2(team: Team, tmp_path: Path) -> None:
    assert run(tmp_path / "nowhere.csv") == 2


def test_the_team_must_be_named_when_there_are_several(team: Team, tmp_path: Path) -> None:
    other = make_team("Creek Clinics")
    path = make_file(tmp_path, GOOD)
    assert run(path) == 2
    assert run(path, team="Creek Clinics") == 0
    assert ResourceRecord.objects.get().team == other


def test_an_integration_of_another_team_is_not_taken(team: Team, tmp_path: Path) -> None:
    Integration.objects.create(pk=INTEGRATION, team=make_team("Creek Clinics"), name="theirs")
    assert run(make_file(tmp_path, GOOD), team="Palm Health") == 2


def test_an_unknown_integration_is_a_doubt_or_in_strict_an_error(
    team: Team, tmp_path: Path
) -> None:
    path = make_file(tmp_path, GOOD)
    assert run(path, create_integration=False, profile="strict") == 1
    assert RejectedRow.objects.get().errors[0]["code"] == "integration.unknown"
    assert run(path, create_integration=False) == 0
    assert not Integration.objects.exists()


def test_a_dry_run_tells_and_stores_nothing(team: Team, tmp_path: Path, capsys: Any) -> None:
    assert run(make_file(tmp_path, GOOD, BAD), profile="strict", dry_run=True) == 1
    said = capsys.readouterr().out
    assert "Dry run, nothing was stored. 2 rows: 1 created, 1 rejected." in said
    assert "npi.format" in said
    assert "integration.unknown" not in said
    for model in (ResourceRecord, Submission, RejectedRow, Integration, RecordChange, FileImport):
        assert not model._default_manager.exists()


def test_the_same_file_twice_changes_nothing(team: Team, tmp_path: Path, capsys: Any) -> None:
    path = make_file(tmp_path, GOOD, BAD)
    first = run(path, profile="strict")
    assert run(path, profile="strict") == first == 1
    assert "came in within the last 24 hours" in capsys.readouterr().out
    assert (ResourceRecord.objects.count(), RejectedRow.objects.count()) == (1, 1)
    assert Submission.objects.count() == 1


def test_updating_with_the_same_file_leaves_every_row_unchanged(
    team: Team, tmp_path: Path, capsys: Any
) -> None:
    path = make_file(tmp_path, GOOD, GOOD)
    run(path)
    changes = RecordChange.objects.count()
    for _ in range(2):
        assert run(path, on_conflict="update") == 0
        assert "2 unchanged" in capsys.readouterr().out
    assert RecordChange.objects.count() == changes


def test_an_update_changes_what_the_file_says_and_nothing_else(team: Team, tmp_path: Path) -> None:
    run(make_file(tmp_path, GOOD, GOOD))
    path = tmp_path / "names.csv"
    path.write_text("logicalId,name\np-2,Another Name\np-9,New One\n")
    assert run(path, on_conflict="update") == 0
    after = configs()
    assert after["p-2"]["name"] == "Another Name"
    assert after["p-2"]["npi"] == "1234567893"
    assert after["p-9"]["name"] == "New One"
    assert ResourceRecord.objects.get(logical_id="p-1").version == 1


def test_rows_that_are_stored_are_rejected_or_skipped_when_asked(
    team: Team, tmp_path: Path, capsys: Any
) -> None:
    run(make_file(tmp_path, GOOD))
    path = make_file(tmp_path, GOOD, GOOD, name="more.csv")
    assert run(path, on_conflict="skip") == 0
    assert "1 created, 1 skipped" in capsys.readouterr().out
    third = make_file(tmp_path, GOOD, GOOD, GOOD, name="third.csv")
    assert run(third) == 1
    codes = [row.errors[0]["code"] for row in RejectedRow.objects.all()]
    assert codes == ["duplicate.existing", "duplicate.existing"]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "ndjson", "json"])
@pytest.mark.parametrize("mode", ["error", "update"])
def test_the_error_file_edited_and_given_back_corrects_the_same_rows(
    ending: str, mode: str, team: Team, tmp_path: Path
) -> None:
    out = tmp_path / f"errors.{ending}"
    path = make_file(tmp_path, GOOD, BAD, GOOD)
    run(path, profile="strict", errors_out=out, on_conflict=mode)
    edit(out, "123", "1234567893")
    options = {"profile": "strict", "integration": None, "create_integration": False}
    assert run(out, **options) == 0
    assert list(configs()) == ["p-1", "p-3", "p-2"]
    assert configs()["p-2"]["npi"] == "1234567893"
    fixed = ResourceRecord.objects.get(logical_id="p-2")
    row = RejectedRow.objects.get()
    assert (row.state, row.accepted_as) == ("accepted", fixed.pk)
    assert (fixed.submission_id, fixed.line) == (row.submission_id, 3)
    submission = Submission.objects.get()
    assert (submission.accepted_rows, submission.rejected_rows) == (3, 0)
    changes = RecordChange.objects.count()
    assert run(out, **options) == 0
    assert (ResourceRecord.objects.count(), RecordChange.objects.count()) == (3, changes)


def edit(path: Path, old: str, new: str) -> None:
    """Change the NPI in an error file, in whatever form it is."""
    if path.suffix == ".xlsx":
        edit_workbook(path, old, new)
    elif path.suffix == ".csv":
        path.write_text(path.read_text("utf-8-sig").replace(f'"{old}"', f'"{new}"'))
    else:
        path.write_text(path.read_text().replace(f'"npi": "{old}"', f'"npi": "{new}"'))


def edit_workbook(path: Path, old: str, new: str) -> None:
    from portal.exports import as_bytes
    from portal.intake.readers import read_table

    with path.open("rb") as file, read_table(file, path.name) as table:
        rows = [[new if c == old else c for c in line.cells.values()] for line in table.lines]
        columns = table.columns
    path.write_bytes(b"".join(as_bytes("xlsx", columns, rows)))


def test_the_error_file_has_the_original_columns_and_what_is_wrong(
    team: Team, tmp_path: Path
) -> None:
    out = tmp_path / "errors.csv"
    run(make_file(tmp_path, GOOD, BAD), profile="strict", errors_out=out)
    with out.open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert list(row) == [
        *("row_id", "version", *HEADER.split(",")),
        *("line", "pointer", "code", "message", "suggestion"),
    ]
    assert (row["line"], row["pointer"], row["code"]) == ("3", "/config/npi", "npi.format")
    assert row["npi"] == "123"
    assert row["row_id"] == str(RejectedRow.objects.get().pk)


def test_an_error_file_that_nobody_edited_changes_nothing_and_says_so(
    team: Team, tmp_path: Path, capsys: Any
) -> None:
    out = tmp_path / "errors.csv"
    run(make_file(tmp_path, GOOD, BAD), profile="strict", errors_out=out)
    assert run(out, profile="strict", integration=None, create_integration=False) == 1
    told = capsys.readouterr().out
    assert "1 rows: 0 created, 1 unchanged, 0 rejected." in told
    assert "Unedited       1 rows, which are rejected as before." in told
    assert RejectedRow.objects.get().state == "open"


def test_what_could_not_be_read_is_told_once(team: Team, tmp_path: Path) -> None:
    hours = make_file(tmp_path, "p-{n},1234567893,Sentinel Person {n},female,en,early")
    rows = tmp_path / "people.ndjson"
    rows.write_text("{oops\n")
    assert (run(hours), run(rows)) == (1, 1)
    told = [[each["code"] for each in row.errors] for row in RejectedRow.objects.order_by("pk")]
    assert told == [["hours.format"], ["json.syntax"]]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json", "ndjson"])
def test_rows_that_are_no_records_at_all_wait_until_somebody_fills_them_in(
    ending: str, team: Team, tmp_path: Path
) -> None:
    path, out = tmp_path / "people.json", tmp_path / f"errors.{ending}"
    path.write_text('[7, null, {"config": 5}, {"config": {"type": "practitioners", "npi": 12}}]')
    assert run(path, errors_out=out) == 1
    run(out, integration=None, create_integration=False)
    open_rows = RejectedRow.objects.filter(state="open")
    assert set(open_rows.values_list("line", flat=True)) >= {1, 2, 3}
    assert not ResourceRecord.objects.exclude(npi="12").exists()


def test_a_row_that_somebody_fixed_meanwhile_is_a_conflict(
    team: Team, tmp_path: Path, capsys: Any
) -> None:
    out = tmp_path / "errors.csv"
    run(make_file(tmp_path, BAD), profile="strict", errors_out=out)
    RejectedRow.objects.update(version=2)
    edit(out, "123", "1234567893")
    assert run(out, profile="strict") == 1
    assert "1 conflicts" in capsys.readouterr().out


def test_the_row_of_another_team_is_not_corrected(team: Team, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "errors.csv"
    run(make_file(tmp_path, BAD), profile="strict", errors_out=out)
    make_team("Creek Clinics")
    edit(out, "123", "1234567893")
    options = {"integration": None, "create_integration": False}
    assert run(out, team="Creek Clinics", **options) == 1
    assert "row_id.unknown" in capsys.readouterr().out
    assert not ResourceRecord.objects.exists()


def test_the_same_record_twice_in_a_file_is_named_also_across_chunks(
    team: Team, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(imports, "CHUNK", 2)
    same = GOOD.replace("p-{n}", "same")
    for mode in ("error", "update"):
        assert run(make_file(tmp_path, same, GOOD, GOOD, same), on_conflict=mode, again=True) == 1
    (row,) = RejectedRow.objects.filter(state="open", line=5)
    assert row.errors[0]["code"] == "duplicate.in_request"
    assert row.errors[0]["message"] == "Line 2 has the same integrationId and logicalId."
    assert ResourceRecord.objects.count() == 3


def test_a_broken_off_import_goes_on_behind_its_last_chunk(
    team: Team, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.setattr(imports, "CHUNK", 2)
    path = make_file(tmp_path, GOOD, BAD, GOOD, GOOD, GOOD)
    wishes = Wishes(team=team, integration_id=INTEGRATION, profile="strict")
    Integration.objects.create(pk=INTEGRATION, team=team, name="ours")
    calls = iter([True, False])
    with path.open("rb") as file:
        report = imports.import_practitioners(
            file, wishes, name=path.name, watch=Watch(keep_going=lambda: next(calls))
        )
    assert (report.rows, report.is_done) == (4, False)
    assert run(path, profile="strict", create_integration=False) == 1
    said = capsys.readouterr().out
    assert "Went on behind line 5" in said
    assert "5 rows: 4 created, 1 rejected" in said
    assert Submission.objects.get().total_rows == 5
    assert FileImport.objects.get().finished_at is not None


def test_rows_that_name_an_integration_themselves_keep_it(
    team: Team, tmp_path: Path, capsys: Any
) -> None:
    other = "65f0c0ffee65f0c0ffee00bb"
    path = tmp_path / "people.json"
    config = {"type": "practitioners", "name": "Amal"}
    rows = [{"logicalId": "a", "integrationId": other, "config": config}]
    path.write_text(json.dumps([*rows, {"logicalId": "b", "config": config}]))
    assert run(path) == 0
    assert {r.logical_id: r.integration_id for r in ResourceRecord.objects.all()} == {
        "a": other,
        "b": INTEGRATION,
    }
    assert "1 rows name another integration" in capsys.readouterr().out


def test_what_no_database_stores_is_that_rows_error(team: Team, tmp_path: Path) -> None:
    path = tmp_path / "people.ndjson"
    good = '{"config": {"type": "practitioners", "name": "a"}}'
    bad = '{"config": {"type": "practitioners", "name": "a\\u0000"}}'
    path.write_text("\n".join([good, bad, '{"config": {"type": "prac', ""]))
    assert run(path) == 1
    codes = [row.errors[0]["code"] for row in RejectedRow.objects.order_by("line")]
    assert codes == ["text.unstorable", "json.syntax"]
    assert ResourceRecord.objects.count() == 1


TABLE = 'logicalId,name,npi\n"p-1","Amal, MD",1234567893\np-2,\u0633\u0644\u0645\u0649,1234567893\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1256"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_tables_come_in_however_they_are_written(
    encoding: str, end: str, team: Team, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(TABLE.replace("\n", end).encode(encoding))
    assert run(path, profile="strict") == 0
    names = [config["name"] for config in configs().values()]
    assert names == ["Amal, MD", "\u0633\u0644\u0645\u0649"]


def test_bad_lines_of_a_table_are_that_lines_errors_and_every_line_is_accounted_for(
    team: Team, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    lines = ["logicalId,name", "a,Amal", 'b,"Bas"im', "c", "d,Dana,7", "", "e,Eman", "=1+1,\0"]
    path.write_text("\n".join(lines))
    assert run(path) == 1
    rejected = {row.line: row.errors[0]["code"] for row in RejectedRow.objects.all()}
    wrong = {3: "file.quote", 4: "file.row_short", 5: "file.row_long", 8: "text.unstorable"}
    assert rejected == wrong
    assert list(configs()) == ["a", "e"]
    submission = Submission.objects.get()
    assert (submission.total_rows, submission.rejected_rows) == (6, 4)
    long: Any = RejectedRow.objects.get(line=5).raw
    assert long["config"] == {"type": "practitioners", "name": "Dana", "column 3": "7"}


def test_a_file_of_roles_beside_fhir_practitioners_is_found_by_its_name(
    team: Team, tmp_path: Path
) -> None:
    npi = {"identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"}]}
    person = {"resourceType": "Practitioner", "id": "a", "name": [{"text": "Amal"}], **npi}
    role = {"resourceType": "PractitionerRole", "practitioner": npi}
    path = tmp_path / "Practitioner.ndjson"
    path.write_text(json.dumps(person))
    beside = tmp_path / "PractitionerRole.ndjson"
    beside.write_text(json.dumps({**role, "organization": {"identifier": {"value": "org-1"}}}))
    assert run(path) == 0
    assert configs()["a"]["organizationId"] == "org-1"
    beside.write_text("{")
    assert run(path, on_conflict="update") == 2
    rows = tmp_path / "Practitioner.rows.ndjson"
    beside.rename(tmp_path / "PractitionerRole.rows.ndjson")
    rows.write_text(json.dumps({"logicalId": "b", "config": {"type": "practitioners"}}))
    assert run(rows) == 0


def test_an_import_leaves_one_entry_in_the_audit_log(team: Team, tmp_path: Path) -> None:
    run(make_file(tmp_path, GOOD, BAD), profile="strict", create_integration=False)
    event = AuditEvent.objects.get(verb="imported")
    assert event.actor_name == "import_practitioners"
    assert event.object_id == str(Submission.objects.get().pk)
    assert "Sentinel" not in str(event.details)


def test_nothing_that_a_row_says_is_told_on_the_terminal(
    team: Team, tmp_path: Path, capsys: Any
) -> None:
    run(make_file(tmp_path, GOOD, BAD), profile="strict")
    said = capsys.readouterr()
    assert "Sentinel" not in said.out + said.err
