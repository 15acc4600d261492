from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from portal.models import ApiKey, RejectedRow, Team
from records.models import ResourceRecord
from records.openapi.shapes import RecordsCreated
from tests.records.making import bad, row
from tests.records.rest.asking import BULK, ID, SEED_3, SEED_CONFIG, details, results, send
from tests.records.rest.conftest import make_client

DOCUMENTED = {
    "teamId", "createdBy", "updatedBy", "createdAt", "updatedAt", "_id", "logicalId",
    "integrationId", "config",
}  # fmt: skip
MINUTE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def test_the_documents_own_request_is_created_as_it_stands(client: Client, team: Team) -> None:
    answer = send(client, SEED_3).json()
    assert set(answer) == {"total_created", "total_errors", "results"}
    assert (answer["total_created"], answer["total_errors"]) == (1, 0)
    (result,) = answer["results"]
    assert set(result) == {"status", "record", "error"}
    assert (result["status"], result["error"]) == ("created", None)
    record = result["record"]
    assert set(record) == DOCUMENTED
    assert record["config"] == SEED_CONFIG
    assert list(record["config"]) == list(SEED_CONFIG)
    assert (record["logicalId"], record["integrationId"]) == ("<string>", ID)
    assert record["teamId"] == team.pk
    assert record["createdBy"] == record["updatedBy"] == ApiKey.objects.get(team=team).pk
    assert MINUTE.fullmatch(record["createdAt"])
    assert record["createdAt"] == record["updatedAt"]
    assert ResourceRecord.objects.get().pk == record["_id"]


def test_absent_and_null_values_come_back_as_null_under_every_documented_key(
    client: Client,
) -> None:
    rows: list[Any] = [
        {"config": {"type": "practitioners"}},
        {"logicalId": None, "config": {"type": "practitioners", "specialties": [{"code": "x"}]}},
    ]
    first, second = (each["record"] for each in results(send(client, rows)))
    assert set(first["config"]) == set(SEED_CONFIG)
    assert {name for name, value in first["config"].items() if value is not None} == {"type"}
    assert (first["logicalId"], first["integrationId"]) == (None, None)
    assert second["config"]["specialties"] == [{"name": None, "code": "x"}]


def test_every_row_has_its_answer_at_its_place(client: Client) -> None:
    response = send(client, [row("A"), bad("B"), 7, row("A"), row("C")])
    found = results(response)
    assert [each["status"] for each in found] == [
        "created",
        "failed",
        "failed",
        "failed",
        "created",
    ]
    assert response.json()["total_created"] == 2
    assert response.json()["total_errors"] == 3
    assert found[1]["record"] is None
    assert re.fullmatch(
        r"/config/supervisorId: [^;]+[^.;] \[objectid\.pattern\]", found[1]["error"]
    )
    assert found[2]["error"].endswith("[row.type]")
    assert found[0]["record"]["_id"] < found[4]["record"]["_id"]
    assert RejectedRow.objects.count() == 3
    RecordsCreated.model_validate_json(response.content)


@pytest.mark.parametrize("rows", [[], [bad("A")], [None, [], "x"]])
def test_it_is_200_also_when_nothing_was_created(client: Client, rows: list[Any]) -> None:
    response = send(client, rows)
    assert response.status_code == 200
    assert response.json()["total_errors"] == len(rows)
    assert not RejectedRow.objects.exists()


@pytest.mark.parametrize("body", [{}, {"requests": []}, "rows", 7, None, True])
def test_a_body_that_is_no_array_is_a_422_with_the_detail_clients_know(
    client: Client, body: Any
) -> None:
    response = send(client, body)
    assert response.status_code == 422
    (entry,) = response.json()["detail"]
    assert (entry["loc"], entry["type"]) == (["body"], "list_type")
    assert response.json()["error"]["code"] == "INVALID_REQUEST"


def test_one_row_over_the_limit_creates_nothing(client: Client, settings: Any) -> None:
    settings.BULK_MAX_ROWS = 3
    assert send(client, [row(str(each)) for each in range(4)]).status_code == 413
    assert not ResourceRecord.objects.exists()
    assert len(results(send(client, [row(str(each)) for each in range(3)]))) == 3


def test_strict_handling_fails_the_good_rows_with_the_bad_one(client: Client) -> None:
    response = send(client, [row("A"), bad("B")], prefer="handling=strict")
    good, wrong = results(response)
    assert response.headers["Preference-Applied"] == "handling=strict"
    assert (good["status"], wrong["status"]) == ("failed", "failed")
    assert good["error"].endswith("[batch.rolled_back]")
    assert not ResourceRecord.objects.exists()


def test_a_dry_run_answers_the_same_and_creates_nothing(client: Client) -> None:
    rehearsed = send(client, [row("A"), bad("B")], f"{BULK}?dry_run=true")
    assert [each["status"] for each in results(rehearsed)] == ["created", "failed"]
    record = results(rehearsed)[0]["record"]
    assert set(record) == DOCUMENTED
    assert record["_id"] is None
    assert not ResourceRecord.objects.exists()


def test_a_stored_record_is_named_skipped_or_updated_as_asked(client: Client) -> None:
    (made,) = results(send(client, [row("A")]))
    known = made["record"]["_id"]
    (again,) = results(send(client, [row("A", name="New")]))
    assert again["status"] == "failed"
    assert known in again["error"]
    assert again["error"].endswith("[duplicate.existing]")
    for mode, status in (("skip", "skipped"), ("update", "updated"), ("update", "unchanged")):
        answer = send(client, [row("A", name="New")], f"{BULK}?on_conflict={mode}").json()
        (result,) = answer["results"]
        assert (result["status"], result["record"]["_id"], result["error"]) == (status, known, None)
        assert (answer["total_created"], answer["total_errors"]) == (0, 0)
        assert list(result["record"]["config"]) == list(SEED_CONFIG)
        assert list(result["record"]["config"]["workingHours"])[:2] == ["mon", "tue"]
    assert send(client, [], f"{BULK}?on_conflict=merge").status_code == 400


def test_full_detail_tells_places_faults_and_doubts(client: Client) -> None:
    rows = [row("A", npi="123"), bad("B", npi=None)]
    response = send(client, rows, f"{BULK}?detail=full")
    good, wrong = results(response)
    assert (good["index"], wrong["index"]) == (0, 1)
    assert [each["pointer"] for each in good["warnings"]] == ["/0/config/npi"]
    assert [(each["row"], each["pointer"]) for each in wrong["errors"]] == [
        (1, "/1/config/supervisorId")
    ]
    RecordsCreated.model_validate_json(response.content)
    strict = results(send(client, [row("C", npi="123")], f"{BULK}?profile=strict"))
    assert strict[0]["status"] == "failed"


POISON = {
    "nul": '{"logicalId": "A\\u0000", "config": {"type": "practitioners"}}',
    "half a character": '{"config": {"type": "practitioners", "name": "\\ud800"}}',
    "in a key": '{"config": {"type": "practitioners", "x\\u0000": 1}}',
    "infinite": '{"config": {"type": "practitioners", "npi": 1e999}}',
    "not a number": '{"config": {"type": "practitioners", "extra": NaN}}',
    "deep": '{"config": {"type": "practitioners", "extra": ' + "[" * 60 + "]" * 60 + "}}",
    "long digits": '{"config": {"type": "practitioners", "extra": ' + "9" * 1200 + "}}",
    "odd ids": '{"logicalId": 7, "integrationId": ["x"], "config": {"type": "practitioners"}}',
    "supervisor": '{"config": {"type": "practitioners", "supervisorId": "\\u0000"}}',
    "npi": '{"config": {"type": "practitioners", "npi": "\\u0000\\ud800"}}',
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON)
def test_what_no_database_can_store_is_that_rows_error_alone(client: Client, poison: str) -> None:
    body = f"[{json.dumps(row('A'))}, {poison}, {json.dumps(row('B'))}]"
    found = results(send(client, body.encode()))
    assert [each["status"] for each in found] == ["created", "failed", "created"]
    assert RejectedRow.objects.get().line == 1


def test_keys_without_the_scope_or_of_another_team_store_nothing_here(
    client: Client, strangers: Client, team: Team
) -> None:
    reader = make_client(team, scopes=["records:read"])
    assert send(reader, [row("A")]).status_code == 403
    assert send(Client(), [row("A")]).status_code == 401
    send(client, [row("A")])
    assert results(send(strangers, [row("A")]))[0]["status"] == "created"


def test_a_malformed_body_is_told_in_the_envelope(client: Client) -> None:
    response = send(client, b'[{"config": 1, "config": 2}]')
    assert (response.status_code, response.json()["error"]["code"]) == (400, "INVALID_JSON")
    assert details(response) == [("", "json.duplicate_key")]
