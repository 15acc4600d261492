from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from portal.models import Team
from records.models import ResourceRecord
from records.openapi.shapes import HistoryPage, Record, RecordPage
from tests.factories import make_team
from tests.records.making import ATHENA, OTHER, config, create, ids, make_integration, row
from tests.records.rest.asking import RECORDS, SEED_CONFIG, details, send
from tests.records.rest.conftest import make_client


def make_record(team: Team, *given: Any) -> str:
    (found,) = ids(create(team, *(given or (row("A", ATHENA),))))
    assert found is not None
    return found


def test_a_record_is_read_with_its_version(client: Client, team: Team) -> None:
    pk = make_record(team)
    response = client.get(f"{RECORDS}/{pk}")
    assert (response.status_code, response.headers["ETag"]) == (200, '"1"')
    assert response.json()["_id"] == pk
    assert list(response.json()["config"]) == list(SEED_CONFIG)
    assert response.json()["config"] == config()
    Record.model_validate_json(response.content)


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_a_record_of_another_team_or_of_nobody_is_not_there(
    client: Client, strangers: Client, team: Team, method: str
) -> None:
    pk = make_record(team)
    for asking, which in ((strangers, pk), (client, OTHER), (client, "x"), (client, "%00")):
        response = send(asking, {}, f"{RECORDS}/{which}", method)
        assert (response.status_code, response.json()["error"]["code"]) == (404, "NOT_FOUND")
    assert strangers.get(f"{RECORDS}/{pk}/history").status_code == 404
    assert strangers.get(RECORDS).json()["items"] == []
    assert ResourceRecord.objects.filter(pk=pk, version=1).exists()


def test_a_change_needs_the_version_that_the_caller_saw(client: Client, team: Team) -> None:
    address = f"{RECORDS}/{make_record(team)}"
    body = {"config": {"name": "New", "summary": None}}
    changed = send(client, body, address, "patch", **{"if-match": '"1"'})
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert changed.json()["config"]["name"] == "New"
    Record.model_validate_json(changed.content)
    for tag in ('"1"', "2", '"x"', '"1", "3"'):
        stale = send(client, body, address, "patch", **{"if-match": tag})
        assert (stale.status_code, stale.json()["error"]["code"]) == (412, "PRECONDITION_FAILED")
    assert send(client, body, address, "patch", **{"if-match": '"1", W/"2"'}).status_code == 200
    assert send(client, body, address, "patch", **{"if-match": "*"}).status_code == 200
    assert send(client, {}, address, "delete", **{"if-match": '"1"'}).status_code == 412


def test_a_wrong_change_is_refused_with_its_faults(client: Client, team: Team) -> None:
    address = f"{RECORDS}/{make_record(team)}"
    wrong = send(client, {"config": {"supervisorId": "x"}}, address, "patch")
    assert wrong.status_code == 400
    assert details(wrong) == [("/config/supervisorId", "objectid.pattern")]
    assert send(client, b'{"config": {"name": "\\u0000"}}', address, "patch").status_code == 400
    assert send(client, [], address, "patch").status_code == 400
    assert send(client, {"config": {"npi": "1"}}, f"{address}?profile=strict", "patch")
    make_record(team, row("B", ATHENA))
    taken = send(client, {"logicalId": "B"}, address, "patch")
    assert (taken.status_code, details(taken)) == (409, [("/logicalId", "duplicate.existing")])


def test_a_deleted_record_is_gone_and_its_history_is_not(client: Client, team: Team) -> None:
    address = f"{RECORDS}/{make_record(team)}"
    send(client, {"config": {"name": "New"}}, address, "patch")
    response = send(client, b"", address, "delete")
    assert (response.status_code, response.content) == (204, b"")
    assert client.get(address).status_code == 404
    response = client.get(f"{address}/history")
    page = response.json()
    assert [each["change"] for each in page["items"]] == ["created", "updated", "deleted"]
    assert page["items"][1]["before"]["config"] == config()
    assert page["items"][1]["after"]["config"] == config(name="New")
    assert page["items"][2]["after"] is None
    assert (page["total"], page["pages"]) == (3, 1)
    HistoryPage.model_validate_json(response.content)


def test_put_makes_and_replaces_a_record_under_its_logical_id(client: Client, team: Team) -> None:
    make_integration(team)
    address = f"{RECORDS}/by-logical-id/{ATHENA}/a%2Fb%20c"
    made = send(client, {"config": config()}, address, "put")
    assert (made.status_code, made.headers["ETag"]) == (201, '"1"')
    assert (made.json()["logicalId"], made.json()["integrationId"]) == ("a/b c", ATHENA)
    again = send(client, {"config": config(name="New")}, address, "put")
    assert (again.status_code, again.headers["ETag"]) == (200, '"2"')
    assert again.json()["_id"] == made.json()["_id"]
    stale = send(client, {"config": config()}, address, "put", **{"if-match": '"1"'})
    assert stale.status_code == 412
    other = send(client, {"logicalId": "z", "config": config()}, address, "put")
    assert (other.status_code, details(other)) == (400, [("/logicalId", "logicalId.other")])
    assert send(client, {"config": 7}, address, "put").status_code == 400
    assert send(client, {}, f"{RECORDS}/by-logical-id/xyz/a", "put").status_code == 404
    assert send(client, {}, f"{RECORDS}/by-logical-id/{ATHENA}/a%00", "put").status_code == 404


def test_put_with_if_match_makes_nothing_that_is_not_there(client: Client, team: Team) -> None:
    make_integration(team)
    address = f"{RECORDS}/by-logical-id/{ATHENA}/A"
    for tag in ("*", '"1"'):
        refused = send(client, {"config": config()}, address, "put", **{"if-match": tag})
        assert refused.status_code == 412
    assert not ResourceRecord.objects.exists()
    make_record(team)
    known = send(client, {"config": config()}, address, "put", **{"if-match": "*"})
    assert known.status_code == 200


def test_a_change_of_one_record_is_never_rehearsed_by_making_it(client: Client, team: Team) -> None:
    pk = make_record(team)
    one, by_id = f"{RECORDS}/{pk}?dry_run=true", f"{RECORDS}/by-logical-id/{ATHENA}/A?dry_run=true"
    for method, address in (("patch", one), ("delete", one), ("put", by_id)):
        refused = send(client, {"config": config(name="New")}, address, method)
        assert (refused.status_code, details(refused)) == (400, [("", "dry_run.unsupported")])
    assert ResourceRecord.objects.filter(pk=pk, version=1).exists()


def test_a_change_may_call_itself_a_merge_patch(client: Client, team: Team) -> None:
    address, body = f"{RECORDS}/{make_record(team)}", b'{"config": {"name": "New"}}'
    kind = "application/merge-patch+json"
    changed = client.patch(address, body, content_type=kind)
    assert (changed.status_code, changed.json()["config"]["name"]) == (200, "New")
    refused = client.patch(address, b'{"a": 1, "a": 2}', content_type=kind)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "INVALID_JSON")
    put = client.put(f"{RECORDS}/by-logical-id/{ATHENA}/A", body, content_type=kind)
    assert (put.status_code, client.post(f"{RECORDS}/bulk", b"[]", kind).status_code) == (415, 415)


def test_a_method_that_an_address_has_not_is_told_so(client: Client, team: Team) -> None:
    pk = make_record(team)
    for address, known in (
        (RECORDS, {"GET", "HEAD"}),
        (f"{RECORDS}/{pk}", {"GET", "HEAD", "PATCH", "DELETE"}),
        (f"{RECORDS}/{pk}/history", {"GET", "HEAD"}),
        (f"{RECORDS}/by-logical-id/{ATHENA}/A", {"PUT"}),
        (f"{RECORDS}/bulk", {"POST"}),
    ):
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - known:
            told = send(client, {}, address, method)
            assert (told.status_code, told.json()["error"]["code"]) == (405, "METHOD_NOT_ALLOWED")
            assert set(told.headers["Allow"].split(", ")) == known


@pytest.fixture
def many(team: Team) -> Team:
    rows = [
        row("A", ATHENA, name="Dr. José Haddad", npi="1234567893", id="P-1", status="active"),
        row("B", OTHER, name="Marites Cruz", npi="1003000126", id="P-2", status="inactive"),
        row("C", None, name="Chen Wei", npi=None, specialties=[{"code": "208000000X"}], id="Q%_"),
    ]
    create(team, *rows)
    create(make_team(), row("A", ATHENA, name="Dr. José Haddad"))
    return team


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "ABC"),
        ("search=jose", "A"),
        ("search=HADDAD", "A"),
        ("search=1003", "B"),
        ("search=P-", "AB"),
        ("search=Q%25_", "C"),
        ("search=%25", ""),
        ("search=C", "BC"),
        ("type=practitioners", "ABC"),
        ("type=beds", ""),
        (f"integrationId={ATHENA}", "A"),
        ("logicalId=B", "B"),
        (f"logicalId=B&integrationId={ATHENA}", ""),
        ("npi=1234567893", "A"),
        ("status=inactive", "B"),
        ("specialty=208000000x", "C"),
        ("specialty=family medicine", "AB"),
        ("specialty=family", ""),
        ("updatedSince=2026-01-01", "ABC"),
        ("updatedSince=2999-01-01T00:00:00Z", ""),
    ],
)
def test_a_list_is_narrowed_by_every_filter(
    client: Client, many: Team, query: str, found: str
) -> None:
    response = client.get(f"{RECORDS}?{query}")
    assert response.status_code == 200, response.content
    assert "".join(each["logicalId"] for each in response.json()["items"]) == found
    RecordPage.model_validate_json(response.content)


def test_a_pasted_id_finds_its_record(client: Client, many: Team) -> None:
    record = ResourceRecord.objects.get(logical_id="B")
    page = client.get(f"{RECORDS}?search={record.pk.upper()}").json()
    assert [each["_id"] for each in page["items"]] == [record.pk]


def test_pages_are_counted_and_hold_what_is_asked(client: Client, many: Team) -> None:
    page = client.get(f"{RECORDS}?page=2&size=2").json()
    assert [each["logicalId"] for each in page["items"]] == ["C"]
    assert {name: page[name] for name in ("total", "page", "size", "pages")} == {
        "total": 3, "page": 2, "size": 2, "pages": 2,
    }  # fmt: skip
    beyond = client.get(f"{RECORDS}?page=9").json()
    assert (beyond["items"], beyond["total"], beyond["pages"]) == ([], 3, 1)


@pytest.mark.parametrize(
    "query",
    [
        "page=0", "page=x", "size=501", "size=-1", "page=99999999999999999999", "search=%00",
        "updatedSince=tomorrow", "updatedSince=2026-13-01", "npi=a%00b",
        "updatedSince=9999-12-31T23:59:59-14:00", "updatedSince=0001-01-01T00:00:00%2B14:00",
    ],
)  # fmt: skip
def test_what_no_list_can_have_is_refused(client: Client, query: str) -> None:
    response = client.get(f"{RECORDS}?{query}")
    assert (response.status_code, response.json()["error"]["code"]) == (400, "INVALID_REQUEST")


def test_changes_since_a_moment_are_found(client: Client, many: Team) -> None:
    later = timezone.now() + timedelta(hours=1)
    ResourceRecord.objects.filter(logical_id="C").update(updated_at=later)
    since = (later - timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    page = client.get(f"{RECORDS}?updatedSince={since}").json()
    assert [each["logicalId"] for each in page["items"]] == ["C"]


def test_a_list_asks_as_many_queries_for_many_records_as_for_few(
    client: Client, team: Team, django_assert_max_num_queries: Any
) -> None:
    create(team, *[row(str(number)) for number in range(60)])
    client.get(RECORDS)
    with django_assert_max_num_queries(6):
        assert len(client.get(f"{RECORDS}?size=50").json()["items"]) == 50


def test_each_verb_needs_its_scope(team: Team) -> None:
    pk = make_record(team)
    reader, writer = (make_client(team, scopes=[f"records:{scope}"]) for scope in ("read", "write"))
    for address in (RECORDS, f"{RECORDS}/{pk}", f"{RECORDS}/{pk}/history"):
        assert reader.get(address).status_code == 200
        assert writer.get(address).status_code == 403
    put = f"{RECORDS}/by-logical-id/{ATHENA}/A"
    for method, address in (
        ("patch", f"{RECORDS}/{pk}"),
        ("delete", f"{RECORDS}/{pk}"),
        ("put", put),
    ):
        assert send(reader, {}, address, method).status_code == 403
