"""Section 5: practitioner records."""

from __future__ import annotations

import re
from typing import Any

import pytest

from portal.models import RejectedRow
from records.models import ResourceRecord
from tests.contract.calling import RECORDS, Caller, code
from tests.records.rest.asking import ID, SEED_3, SEED_CONFIG

BULK = f"{RECORDS}/bulk"
RECORD_KEYS = {
    *("teamId", "createdBy", "updatedBy", "createdAt", "updatedAt"),
    *("_id", "logicalId", "integrationId", "config"),
}


def record(logical_id: str | None = "l-1", **config: Any) -> dict[str, Any]:
    """One record as it is sent."""
    return {
        "logicalId": logical_id,
        "integrationId": ID,
        "config": {"type": "practitioners", "name": "Dr. Huda Saleh", **config},
    }


def bulk(api: Caller, *rows: Any, asked: str = "", **headers: str) -> Any:
    """The answer to a bulk request, which is always 200."""
    answer = api.post(f"{BULK}{asked}", list(rows), **headers)
    assert answer.status_code == 200, answer.content
    return answer.json()


def stored(api: Caller, **config: Any) -> dict[str, Any]:
    """A record that is there."""
    found: dict[str, Any] = bulk(api, record(**config))["results"][0]["record"]
    return found


def statuses(body: Any) -> list[str]:
    return [each["status"] for each in body["results"]]


# --- bulk ----------------------------------------------------------------------------------------


def test_bulk_answers_exactly_as_the_document(api: Caller) -> None:
    body = bulk(api, *SEED_3)
    assert set(body) == {"total_created", "total_errors", "results"}
    assert (body["total_created"], body["total_errors"]) == (1, 0)
    (result,) = body["results"]
    assert set(result) == {"status", "record", "error"}
    assert (result["status"], result["error"]) == ("created", None)
    assert set(result["record"]) == RECORD_KEYS
    assert result["record"]["config"] == SEED_CONFIG


def test_results_are_in_input_order_and_failed_rows_have_one_error_string(api: Caller) -> None:
    body = bulk(api, record("a"), record("b", supervisorId="NOT HEX"), record("c"))
    assert statuses(body) == ["created", "failed", "created"]
    assert (body["total_created"], body["total_errors"]) == (2, 1)
    failed = body["results"][1]
    assert failed["record"] is None
    wanted = "/config/supervisorId: must be 24 lower-case hex characters [objectid.pattern]"
    assert failed["error"].split("; ")[0] == wanted


@pytest.mark.parametrize("rows", [[], [{"config": 5}, 7]], ids=["empty", "every row failed"])
def test_the_answer_to_an_array_is_200_whatever_happened(api: Caller, rows: list[Any]) -> None:
    body = bulk(api, *rows)
    assert (body["total_created"], body["total_errors"]) == (0, len(rows))


def test_absent_keys_are_null_and_every_documented_key_of_config_is_present(api: Caller) -> None:
    made = stored(api)
    assert set(made["config"]) >= set(SEED_CONFIG)
    assert made["config"]["npi"] is None
    assert bulk(api, record(None))["results"][0]["record"]["logicalId"] is None


def test_under_strict_handling_good_rows_come_back_failed_with_batch_rolled_back(
    api: Caller,
) -> None:
    body = bulk(api, record("a"), record("b", supervisorId="x"), prefer="handling=strict")
    assert statuses(body) == ["failed", "failed"]
    assert "batch.rolled_back" in body["results"][0]["error"]
    assert not ResourceRecord.objects.exists()


def test_ids_are_24_lower_case_hex_and_ascend_in_input_order(api: Caller) -> None:
    ids = [each["record"]["_id"] for each in bulk(api, *map(record, "abcd"))["results"]]
    assert all(re.fullmatch("[0-9a-f]{24}", each) for each in ids)
    assert ids == sorted(ids)
    # One timestamp, one random part, one unbroken counter range.
    assert len({each[:18] for each in ids}) == 1
    assert [int(each, 16) - int(ids[0], 16) for each in ids] == [0, 1, 2, 3]


def test_created_by_is_the_keys_own_24_hex_id(api: Caller) -> None:
    made = stored(api)
    assert re.fullmatch("[0-9a-f]{24}", made["createdBy"])
    assert made["updatedBy"] == made["createdBy"]


def test_timestamps_of_records_end_in_z(api: Caller) -> None:
    made = stored(api)
    assert made["createdAt"].endswith("Z")
    assert made["updatedAt"].endswith("Z")


# --- the same record twice -----------------------------------------------------------------------


def test_twice_in_one_body_the_first_wins_and_later_ones_name_its_index(api: Caller) -> None:
    body = bulk(api, record("x"), record("a"), record("a"))
    assert statuses(body) == ["created", "created", "failed"]
    assert re.search(r"\b1\b", body["results"][2]["error"])


def test_one_that_is_stored_already_fails_naming_the_stored_id(api: Caller) -> None:
    made = stored(api)
    assert made["_id"] in bulk(api, record())["results"][0]["error"]


def test_a_null_logical_id_is_never_a_duplicate(api: Caller) -> None:
    assert statuses(bulk(api, record(None), record(None))) == ["created", "created"]


def test_another_team_may_have_the_same_logical_id(api: Caller, them: Caller) -> None:
    stored(api)
    assert statuses(bulk(them, record())) == ["created"]


@pytest.mark.parametrize(
    ("mode", "name", "status"),
    [
        ("error", "Dr. B", "failed"),
        ("skip", "Dr. B", "skipped"),
        ("update", "Dr. B", "updated"),
        ("update", "Dr. Huda Saleh", "unchanged"),
    ],
)
def test_on_conflict_says_what_becomes_of_a_stored_one(
    api: Caller, mode: str, name: str, status: str
) -> None:
    stored(api)
    assert statuses(bulk(api, record(name=name), asked=f"?on_conflict={mode}")) == [status]


# --- rules and options ---------------------------------------------------------------------------


def test_profile_strict_turns_doubts_into_rejections(api: Caller) -> None:
    doubtful = record(npi="<string>")
    assert statuses(bulk(api, doubtful, asked="?profile=strict")) == ["failed"]
    assert statuses(bulk(api, doubtful)) == ["created"]


def test_a_dry_run_stores_nothing(api: Caller) -> None:
    assert statuses(bulk(api, record(), asked="?dry_run=true")) == ["created"]
    assert not ResourceRecord.objects.exists()


def test_detail_full_adds_index_errors_and_warnings(api: Caller) -> None:
    body = bulk(api, record("a"), record("b", npi="<string>"), asked="?detail=full")
    plain = {"status", "record", "error"}
    assert [set(each) - plain for each in body["results"]] == [{"index", "errors", "warnings"}] * 2
    assert [each["index"] for each in body["results"]] == [0, 1]
    assert body["results"][1]["warnings"]


def test_an_unknown_type_fails_the_row_naming_the_supported_ones(api: Caller) -> None:
    (result,) = bulk(api, record(type="rooms"))["results"]
    assert "practitioners" in result["error"]


def test_rejected_rows_are_kept_unless_nothing_was_stored(api: Caller) -> None:
    bulk(api, record(supervisorId="x"))
    assert not RejectedRow.objects.exists()
    bulk(api, record("a"), record("b", supervisorId="x"))
    assert RejectedRow.objects.count() == 1


def test_a_repeated_post_under_one_key_is_replayed(api: Caller) -> None:
    key = {"idempotency_key": "r-1"}
    assert bulk(api, record(), **key) == bulk(api, record(), **key)
    assert ResourceRecord.objects.count() == 1


# --- one by one ----------------------------------------------------------------------------------


def test_the_list_answers_items_total_page_size_and_pages(api: Caller) -> None:
    bulk(api, *map(record, "abc"))
    body = api.get(f"{RECORDS}?size=2").json()
    assert {name: body[name] for name in ("total", "page", "size", "pages")} == {
        "total": 3,
        "page": 1,
        "size": 2,
        "pages": 2,
    }
    assert len(body["items"]) == 2
    assert api.get(RECORDS).json()["size"] == 20
    assert code(api.get(f"{RECORDS}?size=501")) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize(
    "wanted",
    [
        "search=Huda",
        "type=practitioners",
        f"integrationId={ID}",
        "logicalId=wanted",
        "npi=1234567893",
        "status=active",
        "specialty=207Q00000X",
        "updatedSince=2020-01-01",
    ],
)
def test_the_list_has_this_filter(api: Caller, wanted: str) -> None:
    special = {"npi": "1234567893", "status": "active"}
    specialties = [{"name": "Family Medicine", "code": "207Q00000X"}]
    bulk(api, record("wanted", specialties=specialties, **special))
    items = api.get(f"{RECORDS}?{wanted}").json()["items"]
    assert [each["logicalId"] for each in items] == ["wanted"]


def test_one_record_is_read_changed_and_deleted_under_etag_and_if_match(api: Caller) -> None:
    path = f"{RECORDS}/{stored(api)['_id']}"
    tag = api.get(path).headers["ETag"]
    changed = api.patch(path, {"config": {"name": "Dr. B"}}, if_match=tag)
    assert changed.json()["config"]["name"] == "Dr. B"
    assert changed.headers["ETag"] != tag
    assert code(api.call("DELETE", path, if_match=tag)) == (412, "PRECONDITION_FAILED")
    assert api.call("DELETE", path, if_match=changed.headers["ETag"]).status_code == 204
    assert code(api.get(path)) == (404, "NOT_FOUND")


def test_put_by_logical_id_makes_or_replaces_a_record(api: Caller) -> None:
    path = f"{RECORDS}/by-logical-id/{ID}/l-9"
    body = {"config": {"type": "practitioners", "name": "Dr. A"}}
    assert api.call("PUT", path, body).status_code == 201
    body["config"]["name"] = "Dr. B"
    again = api.call("PUT", path, body)
    assert (again.status_code, again.json()["config"]["name"]) == (200, "Dr. B")
    assert ResourceRecord.objects.count() == 1


def test_a_record_has_a_history(api: Caller) -> None:
    path = f"{RECORDS}/{stored(api)['_id']}"
    api.patch(path, {"config": {"name": "Dr. B"}})
    items = api.get(f"{path}/history").json()["items"]
    assert [each["change"] for each in items] == ["created", "updated"]
