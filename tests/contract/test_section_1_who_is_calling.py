"""Section 1: who is calling."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal.models import ApiKey, Scope, Submission
from tests.cast import Cast, House
from tests.contract.calling import CHECKS, NOBODY, RECORDS, Caller, code, data, faults, row
from tests.factories import make_key
from tests.portal.api.test_authorisation import OPEN_TO_ALL, all_operations

NEWEST = f"{CHECKS}/last-5-tasks"
FORMS = {
    "bearer": {"authorization": "Bearer {}"},
    "x-api-key": {"x-api-key": "{}"},
    "x-api-key with Bearer": {"x-api-key": "Bearer {}"},
}


@pytest.mark.parametrize("form", FORMS)
def test_each_way_to_send_a_key_works_on_every_endpoint(us: House, form: str) -> None:
    caller = Caller({name: value.format(us.key) for name, value in FORMS[form].items()})
    for method, path, body in all_operations():
        if (method, path) not in OPEN_TO_ALL:
            place = re.sub(r"\{\w+\}", NOBODY, path)
            assert caller.call(method.upper(), place, body).status_code not in {401, 403}, path


@pytest.mark.parametrize("name", ["X-API-KEY", "X-Api-Key", "x-api-key"])
def test_header_names_are_case_insensitive(us: House, name: str) -> None:
    assert Caller({name: us.key}).get(NEWEST).status_code == 200


def test_x_clinic_id_picks_the_clinic(us: House) -> None:
    _, key = make_key(us.first, us.second)
    caller = Caller({"x-api-key": key})
    made = caller.create(row(), x_clinic_id=str(us.second.pk))
    task_id = data(made)["tasks"][0]["task_id"]
    found = caller.get(f"{CHECKS}/eligibility-result/{task_id}", x_clinic_id=str(us.second.pk))
    assert found.json()["clinic_id"] == str(us.second.pk)
    other = caller.get(f"{CHECKS}/eligibility-result/{task_id}", x_clinic_id=str(us.first.pk))
    assert other.status_code == 404


def test_x_clinic_id_is_not_needed_when_there_is_one(api: Caller) -> None:
    assert api.get(NEWEST).status_code == 200


def test_several_clinics_and_no_header_is_a_400_clinic_required(us: House) -> None:
    _, key = make_key(us.first, us.second)
    answer = Caller({"x-api-key": key}).get(NEWEST)
    assert code(answer) == (400, "INVALID_REQUEST")
    assert faults(answer) == ["clinic.required"]


def test_x_client_id_is_recorded_and_not_checked(api: Caller) -> None:
    data(api.create(row(), x_client_id="anything at all"))
    assert Submission.objects.get().options["client_id"] == "anything at all"


def test_two_different_keys_in_one_request_is_a_400(us: House) -> None:
    caller = Caller({"authorization": f"Bearer {us.key}", "x-api-key": us.second_key})
    assert code(caller.get(NEWEST)) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("key", ["", "ep_000000000000_wrong"], ids=["missing", "wrong"])
def test_a_missing_or_wrong_key_is_a_401_with_a_challenge(db: None, key: str) -> None:
    answer = Caller({"x-api-key": key} if key else {}).get(NEWEST)
    assert code(answer) == (401, "UNAUTHORIZED")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("end", ["expires_at", "revoked_at"])
def test_an_expired_or_revoked_key_is_a_401(api: Caller, us: House, end: str) -> None:
    ApiKey.objects.filter(team=us.team).update(**{end: timezone.now() - timedelta(seconds=1)})
    assert code(api.get(NEWEST)) == (401, "UNAUTHORIZED")


def test_a_missing_scope_is_a_403(us: House) -> None:
    _, key = make_key(us.first, scopes=[Scope.ELIGIBILITY_READ])
    answer = Caller({"x-api-key": key}).create(row())
    assert code(answer) == (403, "FORBIDDEN")
    assert faults(answer) == ["scope.missing"]


def test_a_foreign_clinic_is_a_403(api: Caller, shared_cast: Cast) -> None:
    answer = api.get(NEWEST, x_clinic_id=str(shared_cast.them.first.pk))
    assert code(answer) == (403, "FORBIDDEN")


@pytest.mark.parametrize("path", ["eligibility-result/{}", "tasks/{}"])
def test_a_row_of_another_team_is_a_404_never_a_403(api: Caller, them: Caller, path: str) -> None:
    assert code(them.get(f"{CHECKS}/{path.format(api.task_id())}")) == (404, "NOT_FOUND")


def test_the_scopes_are_these_five() -> None:
    assert set(Scope.values) == {
        "eligibility:read",
        "eligibility:write",
        "records:read",
        "records:write",
        "webhooks:manage",
    }


@pytest.mark.parametrize("path", [NEWEST, f"{CHECKS}/health", f"{CHECKS}/nothing", RECORDS])
def test_every_response_carries_x_request_id_and_echoes_a_sane_one(api: Caller, path: str) -> None:
    assert api.get(path).headers["X-Request-ID"]
    assert api.get(path, x_request_id="our-4711").headers["X-Request-ID"] == "our-4711"
    assert api.get(path, x_request_id="not sane").headers["X-Request-ID"] != "not sane"


def test_a_throttled_resource_says_the_quota_and_a_429_retry_after(
    api: Caller, settings: Any
) -> None:
    first = api.get(NEWEST)
    assert first.headers["RateLimit"]
    assert first.headers["RateLimit-Policy"]
    settings.QUOTA_CALLS_OF_KEY = 1
    answers = [api.get(NEWEST) for _ in range(2)]
    assert code(answers[-1]) == (429, "RATE_LIMITED")
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert answers[-1].headers["RateLimit"]


def test_any_key_of_the_team_reads_its_records(us: House) -> None:
    """Records belong to the team, checks to the clinic."""
    rows = [{"logicalId": "c-1", "integrationId": None, "config": {"type": "practitioners"}}]
    made = Caller({"x-api-key": us.key}).post(f"{RECORDS}/bulk", rows)
    found = made.json()["results"][0]["record"]["_id"]
    assert Caller({"x-api-key": us.second_key}).get(f"{RECORDS}/{found}").status_code == 200
