from __future__ import annotations

import os
import re
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from eligibility.files.export import failed_rows
from eligibility.models import Batch, EligibilityTask
from portal.exports import as_bytes
from portal.models import AuditEvent, RejectedRow, Submission, User
from portal.uploads import KEPT_SECONDS
from tests.cast import Cast

pytestmark = pytest.mark.django_db

UPLOAD = "/admin/upload/"
HEADER = "client_reference,id_value,id_type,tpa_name,visit_type,name,dob,phone,service_date"
GOOD = "{n},784-1986-{n:07d}-1,EMIRATESID,TPA002,OUTPATIENT,Sentinel Person,1986-05-02,,"
BAD = "{n},,EMIRATESID,TPA002,OUTPATIENT,Sentinel Person,,,"
UNKNOWN = "{n},784-1986-1234567-1,EMIRATESID,TPA002,SPACEWALK,Sentinel Person,,,"
AMBIGUOUS = "{n},784-1986-1234568-1,EMIRATESID,TPA002,OUTPATIENT,Sentinel Person,03/04/1986,,"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, settings: Any) -> Path:
    settings.UPLOAD_DIR = str(tmp_path / "uploads")
    return tmp_path / "uploads"


def enter(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def make_list(*rows: str, name: str = "list.csv", encoding: str = "utf-8") -> SimpleUploadedFile:
    lines = [HEADER, *(row.format(n=number) for number, row in enumerate(rows, 1))]
    return SimpleUploadedFile(name, "\n".join(lines).encode(encoding), "text/csv")


def bring(client: Client, *rows: str, **fields: Any) -> Any:
    """Choose a file and look at what it would do."""
    return client.post(UPLOAD, {"list": make_list(*rows)} | fields, follow=True)


def token(answer: Any) -> str:
    found: str = answer.context_data["upload"].token
    return found


def decide(client: Client, answer: Any, do: str, **fields: Any) -> Any:
    return client.post(UPLOAD, {"file": token(answer), "do": do} | fields, follow=True)


def test_an_operator_finds_the_form_and_a_viewer_does_not(cast: Cast) -> None:
    assert enter(cast.us.operator).get(UPLOAD).status_code == 200
    viewer = enter(cast.us.viewer)
    assert viewer.get(UPLOAD).status_code == 403
    assert viewer.post(UPLOAD, {"list": make_list(GOOD)}).status_code == 403
    assert UPLOAD not in viewer.get("/admin/").content.decode()


def test_a_trial_counts_and_stores_nothing(cast: Cast) -> None:
    answer = bring(enter(cast.us.operator), GOOD, GOOD, BAD, UNKNOWN)
    report = answer.context_data["trial"].report
    assert (report.rows, report.created, report.rejected) == (4, 2, 2)
    assert not EligibilityTask.objects.exists()
    assert not Submission.objects.exists()


def test_a_trial_names_line_field_and_reason_of_rejected_rows(cast: Cast) -> None:
    answer = bring(enter(cast.us.operator), GOOD, BAD, UNKNOWN)
    first, second = answer.context_data["trial"].refused
    assert (first.line, first.field) == (3, "Identifier")
    assert (second.line, second.field) == (4, "Visit type")
    assert second.message.startswith("No such visit type. ")
    assert "Nextcare (Arab Gulf Health Services) takes Inpatient, Outpatient" in second.message
    assert [reason.field for reason in answer.context_data["trial"].errors] == [
        "Identifier",
        "Visit type",
    ]
    page = answer.content.decode()
    assert "CSV, UTF-8, comma" in page
    assert first.message in page.replace("&#x27;", "'")


def test_ambiguous_dates_are_reported_and_not_guessed(cast: Cast) -> None:
    client = enter(cast.us.operator)
    answer = bring(client, GOOD, AMBIGUOUS)
    assert answer.context_data["trial"].report.ambiguous_dates == 1
    assert "may be two days" in answer.content.decode()
    decide(client, answer, "run")
    assert not EligibilityTask.objects.filter(dob__isnull=False).exclude(dob="1986-05-02").exists()


def test_run_now_brings_in_good_rows_and_keeps_bad_ones(cast: Cast, directory: Path) -> None:
    client = enter(cast.us.operator)
    after = decide(client, bring(client, GOOD, BAD, GOOD), "run")
    batch = Batch.objects.get()
    assert batch.tasks.count() == 2
    assert batch.clinic == cast.us.first
    assert [row.line for row in RejectedRow.objects.all()] == [3]
    assert "2 of 3 rows are in" in after.content.decode()
    assert list(directory.iterdir()) == []


def test_an_import_is_in_the_audit_log_with_its_counts(cast: Cast) -> None:
    client = enter(cast.us.operator)
    decide(client, bring(client, GOOD, BAD), "run")
    event = AuditEvent.objects.get(verb="imported")
    assert event.actor_id == cast.us.operator.pk
    assert event.object_id == str(Submission.objects.get().pk)
    assert (event.details["first_rows"], event.details["first_rejected"]) == (2, 1)
    assert "Sentinel" not in str(event.details)


def test_a_file_is_scheduled_by_the_clinics_clocks(cast: Cast) -> None:
    client = enter(cast.us.operator)
    starts = (timezone.now() + timedelta(days=1)).astimezone(cast.us.first.zone)
    starts = starts.replace(second=0, microsecond=0)
    decide(client, bring(client, GOOD), "schedule", at=f"{starts:%Y-%m-%dT%H:%M}")
    batch = Batch.objects.get()
    assert batch.scheduled_for == starts
    assert batch.expected_by is not None
    assert batch.tasks.get().run_at == starts


@pytest.mark.parametrize("moment", ["", "soon", "2020-01-01T08:00", "2999-01-01T08:00"])
def test_a_time_that_cannot_be_is_said_and_the_file_stays(moment: str, cast: Cast) -> None:
    client = enter(cast.us.operator)
    brought = bring(client, GOOD)
    answer = decide(client, brought, "schedule", at=moment)
    assert "Choose a time to come" in answer.content.decode()
    assert token(answer) == token(brought)
    assert not Batch.objects.exists()


def test_a_second_click_brings_nothing_in_twice(cast: Cast) -> None:
    client = enter(cast.us.operator)
    brought = bring(client, GOOD, GOOD)
    decide(client, brought, "run")
    again = decide(client, brought, "run")
    assert "no longer here" in again.content.decode()
    assert EligibilityTask.objects.count() == 2


def test_the_same_file_a_second_time_makes_no_new_checks(cast: Cast) -> None:
    client = enter(cast.us.operator)
    for _ in range(2):
        decide(client, bring(client, GOOD, GOOD), "run")
    assert EligibilityTask.objects.count() == 2


def test_a_file_that_came_in_before_is_run_again_only_when_somebody_says_so(cast: Cast) -> None:
    client = enter(cast.us.operator)
    nameless = GOOD.removeprefix("{n}")
    decide(client, bring(client, nameless), "run")
    told = decide(client, bring(client, nameless), "run")
    assert "came in before" in told.content.decode()
    assert EligibilityTask.objects.count() == 1
    decide(client, told, "run", again="1")
    assert EligibilityTask.objects.count() == 2


def test_exported_failed_rows_that_come_back_correct_the_same_rows(cast: Cast) -> None:
    client = enter(cast.us.operator)
    decide(client, bring(client, GOOD, UNKNOWN), "run")
    batch = Batch.objects.get()
    going_out = failed_rows(batch)
    rows = [list(row) for row in going_out.rows]
    place = going_out.columns.index("visit_type")
    assert [row[place] for row in rows] == ["SPACEWALK"]
    rows[0][place] = "OUTPATIENT"
    text = b"".join(as_bytes("xlsx", going_out.columns, rows))
    answer: Any = client.post(UPLOAD, {"list": SimpleUploadedFile("fix.xlsx", text)}, follow=True)
    report = answer.context_data["trial"].report
    assert (report.is_correction, report.fixed) == (True, 1)
    decide(client, answer, "run")
    assert batch.tasks.count() == 2
    assert batch.tasks.get(line=3).visit_type == "OUTPATIENT"
    assert RejectedRow.objects.get().state == "accepted"


def test_nobody_else_gets_a_file_by_its_address(cast: Cast) -> None:
    brought = bring(enter(cast.us.operator), GOOD)
    for other in (cast.us.supervisor, cast.them.operator):
        answer = enter(other).get(UPLOAD, {"file": token(brought)}, follow=True)
        assert "no longer here" in answer.content.decode()
        decide(enter(other), brought, "run")
    assert not Batch.objects.exists()


def test_a_file_for_somebody_elses_clinic_is_refused(cast: Cast, directory: Path) -> None:
    for clinic in (cast.us.second, cast.them.first):
        answer = bring(enter(cast.us.operator), GOOD, clinic=str(clinic.pk))
        assert "Choose the clinic" in answer.content.decode()
    assert not directory.exists()


def test_who_leaves_a_clinic_cannot_run_a_file_for_it(cast: Cast) -> None:
    client = enter(cast.us.supervisor)
    brought = bring(client, GOOD, clinic=str(cast.us.second.pk))
    cast.us.supervisor.clinics.remove(cast.us.second)
    decide(client, brought, "run")
    assert not Batch.objects.exists()


def test_with_several_clinics_one_must_be_chosen(cast: Cast) -> None:
    answer = bring(enter(cast.us.supervisor), GOOD)
    assert "Choose the clinic" in answer.content.decode()


def test_a_discarded_file_is_gone(cast: Cast, directory: Path) -> None:
    client = enter(cast.us.operator)
    decide(client, bring(client, GOOD), "discard")
    assert list(directory.iterdir()) == []


def test_a_forgotten_file_goes_when_somebody_looks_at_the_home_page(
    cast: Cast, directory: Path
) -> None:
    bring(enter(cast.us.operator), GOOD)
    long_ago = time.time() - KEPT_SECONDS - 1
    for path in directory.iterdir():
        os.utime(path, (long_ago, long_ago))
    enter(cast.them.viewer).get("/admin/home/live/")
    assert list(directory.iterdir()) == []


def test_a_form_without_a_file_says_so(cast: Cast) -> None:
    answer = enter(cast.us.operator).post(UPLOAD)
    assert answer.status_code == 200
    assert "Choose a file first" in answer.content.decode()


def test_a_file_that_is_too_large_is_refused(cast: Cast, settings: Any, directory: Path) -> None:
    settings.UPLOAD_MAX_BYTES = 10
    assert "is larger than" in bring(enter(cast.us.operator), GOOD).content.decode()
    assert not directory.exists()


def test_a_file_with_the_wrong_columns_says_which(cast: Cast) -> None:
    client = enter(cast.us.operator)
    brought = SimpleUploadedFile("x.csv", b"id_value,name\n1,A\n")
    answer = client.post(UPLOAD, {"list": brought}, follow=True)
    page = answer.content.decode()
    assert "cannot be used as it is" in page
    assert "id_type" in page
    assert decide(client, answer, "run").status_code == 200
    assert not Submission.objects.exists()


def test_a_file_without_a_header_is_told_without_the_advice_for_the_command(cast: Cast) -> None:
    text = "TPA002,CARDNUMBER,SYN-1,OUTPATIENT\nTPA002,CARDNUMBER,SYN-2,OUTPATIENT\n"
    file = SimpleUploadedFile("list.csv", text.encode())
    answer: Any = enter(cast.us.operator).post(UPLOAD, {"list": file}, follow=True)
    trial = answer.context_data["trial"]
    said = [issue.message for issue in trial.column_issues]
    assert "The file has no column Identifier." in said
    assert "No column is known: is the header missing?" in said
    assert not any("map it" in each for each in said)
    assert ("CARDNUMBER", "id_value") in trial.columns, "the form suggests it instead"


def test_somebody_can_say_which_column_is_which_field(cast: Cast) -> None:
    client = enter(cast.us.operator)
    brought = make_list(GOOD)
    renamed = brought.read().replace(b"tpa_name", b"who pays")
    answer: Any = client.post(UPLOAD, {"list": SimpleUploadedFile("x.csv", renamed)}, follow=True)
    columns = [column for column, _ in answer.context_data["trial"].columns]
    chosen = ["tpa_name" if column == "who pays" else "" for column in columns]
    answer = decide(client, answer, "map", column=columns, field=chosen)
    assert answer.context_data["trial"].report.created == 1
    decide(client, answer, "run")
    assert EligibilityTask.objects.get().payer.code == "TPA002"


def test_the_encoding_is_asked_for_when_the_bytes_leave_a_choice(cast: Cast) -> None:
    client = enter(cast.us.operator)
    name = "Ca\u00e3\u00cd\u00e3"  # no word of either code page
    brought = make_list(GOOD.replace("Sentinel Person", name), encoding="cp1252")
    answer: Any = client.post(UPLOAD, {"list": brought}, follow=True)
    assert answer.context_data["trial"].asks_encoding
    answer = decide(client, answer, "read", encoding="cp1252")
    assert answer.context_data["trial"].problem is None
    decide(client, answer, "run")
    assert EligibilityTask.objects.get().name == name


def test_addresses_hold_a_random_token_and_nothing_of_the_file(cast: Cast) -> None:
    brought = {"list": make_list(GOOD, name="Sentinel Person 784-1990.csv")}
    answer = enter(cast.us.operator).post(UPLOAD, brought)
    assert re.fullmatch(r"/admin/upload/\?file=[A-Za-z0-9_-]{32}", answer.headers["Location"])


def test_a_name_with_markup_is_shown_as_text(cast: Cast) -> None:
    brought = {"list": make_list(GOOD, name="<b>x.csv")}
    page = enter(cast.us.operator).post(UPLOAD, brought, follow=True).content.decode()
    assert "&lt;b&gt;x.csv" in page


def test_a_trial_costs_the_same_queries_for_many_rows(cast: Cast) -> None:
    client = enter(cast.us.operator)
    counts = []
    for rows in (1, 200):
        brought = bring(client, *([GOOD] * rows))
        with CaptureQueriesContext(connection) as queries:
            client.get(UPLOAD, {"file": token(brought)})
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12
