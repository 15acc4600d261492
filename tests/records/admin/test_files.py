from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from portal.exports import as_bytes
from portal.intake.readers import read_table
from portal.models import AuditEvent, RejectedRow, Submission, User
from records.admin import upload
from records.importers.rows import Format
from records.importers.writing import WRITTEN
from records.models import Integration, ResourceRecord
from records.operations import create_records, imports
from tests.cast import Cast

pytestmark = pytest.mark.django_db

UPLOAD, EXPORT = "/admin/records/upload/", "/admin/records/export/"
HEADER = "logicalId,npi,name"
GOOD = "p-{n},1234567893,Sentinel Person {n}"
BAD = "p-{n},123,Sentinel Person {n}"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, settings: Any) -> Path:
    settings.UPLOAD_DIR = str(tmp_path / "uploads")
    return tmp_path / "uploads"


@pytest.fixture
def integration(cast: Cast) -> Integration:
    return Integration.objects.create(team=cast.us.team, name="Athena")


def enter(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def make_list(*rows: str) -> SimpleUploadedFile:
    lines = [HEADER, *(row.format(n=number) for number, row in enumerate(rows, 1))]
    return SimpleUploadedFile("people.csv", "\n".join(lines).encode(), "text/csv")


def bring(client: Client, *rows: str, integration: Integration | None, **fields: Any) -> Any:
    """Choose a file and look at what it would do."""
    chosen = integration.pk if integration else "none"
    given = {"list": make_list(*rows), "integration": chosen, "profile": "strict"}
    return client.post(UPLOAD, given | {"on_conflict": "update"} | fields, follow=True)


def decide(client: Client, answer: Any, do: str, **fields: Any) -> Any:
    token = answer.context_data["upload"].token
    return client.post(UPLOAD, {"file": token, "do": do} | fields, follow=True)


def test_an_operator_finds_the_form_and_a_viewer_does_not(cast: Cast) -> None:
    assert enter(cast.us.operator).get(UPLOAD).status_code == 200
    viewer = enter(cast.us.viewer)
    assert viewer.get(UPLOAD).status_code == 403
    assert viewer.post(UPLOAD, {"list": make_list(GOOD)}).status_code == 403
    assert UPLOAD not in viewer.get("/admin/").content.decode()


def test_a_trial_counts_names_lines_and_stores_nothing(
    cast: Cast, integration: Integration
) -> None:
    answer = bring(enter(cast.us.operator), GOOD, BAD, integration=integration)
    trial = answer.context_data["trial"]
    assert (trial.report.created, trial.report.rejected) == (1, 1)
    assert [(row.line, row.field) for row in trial.refused] == [(3, "NPI")]
    assert [each.rows for each in trial.errors] == [1]
    page = answer.content.decode()
    assert "New practitioners" in page
    assert "Sentinel" not in page
    assert not ResourceRecord.objects.exists()
    assert not Submission.objects.exists()


def test_bringing_in_stores_good_rows_and_keeps_bad_ones(
    cast: Cast, integration: Integration, directory: Path
) -> None:
    client = enter(cast.us.operator)
    after = decide(client, bring(client, GOOD, BAD, integration=integration), "run")
    record = ResourceRecord.objects.get()
    assert (record.team, record.integration_id) == (cast.us.team, integration.pk)
    assert record.created_by == cast.us.operator.pk
    assert [row.line for row in RejectedRow.objects.all()] == [3]
    assert "1 of 2 rows are in. 1 new." in after.content.decode()
    assert after.redirect_chain[-1][0] == "/admin/records/attention/"
    assert list(directory.iterdir()) == []
    event = AuditEvent.objects.get(verb="imported")
    assert event.actor_id == cast.us.operator.pk
    assert "Sentinel" not in str(event.details)


def test_uploads_are_strict_and_can_be_tried_leniently(
    cast: Cast, integration: Integration
) -> None:
    client = enter(cast.us.operator)
    form: Any = client.get(UPLOAD)
    assert form.context_data["asked"].profile == "strict"
    strict = bring(client, BAD, integration=integration)
    assert strict.context_data["trial"].report.rejected == 1
    asked = {"integration": integration.pk, "profile": "lenient", "on_conflict": "update"}
    lenient = decide(client, strict, "ask", **asked)
    report = lenient.context_data["trial"].report
    assert (report.created, report.rejected) == (1, 0)
    assert report.doubts


def test_a_file_comes_in_by_pieces_that_show_how_far_it_is(
    cast: Cast, integration: Integration, monkeypatch: Any
) -> None:
    monkeypatch.setattr(imports, "CHUNK", 1)
    monkeypatch.setattr(upload, "PIECE_SECONDS", 0)
    client = enter(cast.us.operator)
    answer = bring(client, GOOD, GOOD, BAD, integration=integration)
    shares = []
    for _ in range(3):
        answer = decide(client, answer, "run")
        if "going" not in (answer.context_data or {}):
            break
        shares.append(answer.context_data["share"])
        assert "data-goes-on" in answer.content.decode()
    answer = decide(client, answer, "run") if "going" in answer.context_data else answer
    assert shares[:2] == [33, 66]
    assert "2 of 3 rows are in" in answer.content.decode()
    assert (ResourceRecord.objects.count(), RejectedRow.objects.count()) == (2, 1)
    assert Submission.objects.count() == 1


def test_only_an_integration_of_the_team_is_taken(cast: Cast) -> None:
    theirs = Integration.objects.create(team=cast.them.team, name="Theirs")
    client = enter(cast.us.operator)
    assert "Theirs" not in client.get(UPLOAD).content.decode()
    for chosen in (theirs.pk, "", "nonsense"):
        given = {"list": make_list(GOOD), "integration": chosen}
        assert "Choose the integration" in client.post(UPLOAD, given).content.decode()


def test_rows_may_belong_to_no_integration(cast: Cast) -> None:
    client = enter(cast.us.operator)
    decide(client, bring(client, GOOD, integration=None), "run")
    assert ResourceRecord.objects.get().integration_id is None


def test_a_file_of_no_use_says_why(cast: Cast, integration: Integration) -> None:
    client = enter(cast.us.operator)
    given = {"list": SimpleUploadedFile("x.csv", b"a,b\n1,2\n"), "integration": integration.pk}
    answer = client.post(UPLOAD, given, follow=True)
    assert "No column is known" in answer.content.decode()
    assert "Choose a file first" in client.post(UPLOAD, {}).content.decode()


def test_the_encoding_is_asked_for_when_the_bytes_leave_a_choice(cast: Cast) -> None:
    client = enter(cast.us.operator)
    text = "logicalId,name\np-1,\u0633\n".encode("cp1256")
    answer = bring(client, integration=None, list=SimpleUploadedFile("people.csv", text))
    assert "How are its letters written" in answer.content.decode()
    again = decide(client, answer, "read", encoding="cp1256")
    assert again.context_data["trial"].report.created == 1
    decide(client, again, "run")
    assert ResourceRecord.objects.get().config["name"] == "\u0633"


def test_roles_may_come_in_a_second_file(cast: Cast, directory: Path) -> None:
    npi = '{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"}'
    person = f'{{"resourceType": "Practitioner", "id": "a", "identifier": [{npi}]}}'
    role = (
        f'{{"resourceType": "PractitionerRole", "practitioner": {{"identifier": {npi}}},'
        ' "organization": {"identifier": {"value": "org-1"}}}'
    )
    client = enter(cast.us.operator)
    answer = bring(
        client,
        integration=None,
        list=SimpleUploadedFile("p.ndjson", person.encode()),
        roles=SimpleUploadedFile("r.ndjson", role.encode()),
        profile="lenient",
    )
    decide(client, answer, "run")
    assert ResourceRecord.objects.get().config["organizationId"] == "org-1"
    assert list(directory.iterdir()) == []


def test_a_discarded_file_is_gone_and_another_persons_is_not_shown(
    cast: Cast, integration: Integration, directory: Path
) -> None:
    client = enter(cast.us.operator)
    answer = bring(client, GOOD, integration=integration)
    token = answer.context_data["upload"].token
    other = enter(cast.us.supervisor).get(UPLOAD, {"file": token}, follow=True)
    assert "no longer here" in other.content.decode()
    assert "Nothing has been brought in" in decide(client, answer, "discard").content.decode()
    assert list(directory.iterdir()) == []
    assert "no longer here" in decide(client, answer, "run").content.decode()
    assert not ResourceRecord.objects.exists()


def test_exports_are_for_supervisors(cast: Cast) -> None:
    assert enter(cast.us.supervisor).get(EXPORT).status_code == 200
    for user in (cast.us.viewer, cast.us.operator):
        assert enter(user).get(EXPORT).status_code == 403
        assert enter(user).post(EXPORT, {"form": "csv"}).status_code == 403
    assert not AuditEvent.objects.filter(verb="exported").exists()


@pytest.mark.parametrize("kind", WRITTEN)
def test_an_export_has_the_teams_practitioners_and_is_logged(kind: Format, cast: Cast) -> None:
    row = {"logicalId": "p-1", "config": {"type": "practitioners", "name": "Sentinel Ours"}}
    create_records(team=cast.us.team, actor="", rows=[row])
    create_records(team=cast.them.team, actor="", rows=[{**row, "logicalId": "theirs"}])
    answer: Any = enter(cast.us.supervisor).post(EXPORT, {"form": kind.value})
    content = b"".join(answer.streaming_content)
    assert answer.headers["Content-Disposition"].endswith(f'.{WRITTEN[kind].ending}"')
    assert b"theirs" not in content
    if kind is not Format.XLSX:
        assert b"Sentinel" in content
    event = AuditEvent.objects.get(verb="exported")
    assert (event.details["form"], event.details["rows"]) == (kind.value, 1)


def test_an_export_edited_and_brought_back_changes_what_was_changed(
    cast: Cast, integration: Integration
) -> None:
    client = enter(cast.us.supervisor)
    decide(client, bring(client, GOOD, GOOD, integration=integration), "run")
    chosen = {"form": "csv", "integration": integration.pk}
    answer: Any = client.post(EXPORT, chosen)
    content = b"".join(answer.streaming_content).replace(b"Sentinel Person 2", b"Another Name")
    back = SimpleUploadedFile("people.csv", content)
    trial = bring(client, integration=integration, list=back)
    report = trial.context_data["trial"].report
    assert (report.updated, report.unchanged) == (1, 1)
    decide(client, trial, "run")
    names = sorted(each.config["name"] for each in ResourceRecord.objects.all())
    assert names == ["Another Name", "Sentinel Person 1"]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_rows_to_fix_go_out_and_come_back_corrected(
    form: str, cast: Cast, integration: Integration
) -> None:
    client = enter(cast.us.supervisor)
    decide(client, bring(client, GOOD, BAD, integration=integration), "run")
    answer: Any = client.post(EXPORT, {"form": form, "integration": "fix"})
    content = b"".join(answer.streaming_content)
    with read_table(io.BytesIO(content), f"fix.{form}") as table:
        rows = [line.cells for line in table.lines]
    assert [(row["line"], row["pointer"], row["npi"]) for row in rows] == [
        ("3", "/config/npi", "123")
    ]
    back = SimpleUploadedFile(f"fix.{form}", content)
    trial = bring(client, integration=integration, list=back)
    assert trial.context_data["trial"].report.unchanged == 1
    rows[0]["npi"] = "1234567893"
    fixed = b"".join(as_bytes(form, list(rows[0]), [list(rows[0].values())]))
    back = SimpleUploadedFile(f"fix.{form}", fixed)
    after = decide(client, bring(client, integration=integration, list=back), "run")
    assert "1 of 1 rows are in. 1 corrected." in after.content.decode()
    assert RejectedRow.objects.get().state == "accepted"
    assert AuditEvent.objects.filter(verb="exported").count() == 1


def test_a_form_that_does_not_exist_leads_back(cast: Cast) -> None:
    client = enter(cast.us.supervisor)
    theirs = Integration.objects.create(team=cast.them.team, name="Theirs")
    for given in ({"form": "exe"}, {"form": "csv", "integration": theirs.pk}):
        assert "In which form" in client.post(EXPORT, given).content.decode()
