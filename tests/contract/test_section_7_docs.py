"""Section 7: the documentation. More of it in `tests/portal/api/test_openapi.py`."""

from __future__ import annotations

import json
from pathlib import Path

from django.core.management import call_command

from portal.errors import ErrorCode
from tests.contract.calling import CREATE, RECORDS, SCHEDULE, Caller
from tests.eligibility.rest.asking import SEED_1, SEED_2
from tests.portal.admin.every_address import outside_hosts
from tests.portal.api.published import published
from tests.records.rest.asking import SEED_3


def test_the_schema_is_openapi_3_1_at_api_schema() -> None:
    assert published()["openapi"].startswith("3.1")


def test_swagger_ui_is_at_api_docs_and_loads_nothing_from_outside(anybody: Caller) -> None:
    page = anybody.get("/api/docs/")
    assert page.status_code == 200
    assert outside_hosts(page.content.decode()) == []


def test_examples_are_taken_from_the_documents() -> None:
    paths = published()["paths"]
    seeds = {CREATE: SEED_1, SCHEDULE: SEED_2, f"{RECORDS}/bulk": SEED_3}
    for path, sent in seeds.items():
        media = paths[path]["post"]["requestBody"]["content"]["application/json"]
        assert sent in [example["value"] for example in media["examples"].values()]


def test_every_error_code_is_listed() -> None:
    text = json.dumps(published()["paths"])
    assert all(f'"{code}"' in text for code in ErrorCode)


def test_spectacular_validates_without_a_warning(tmp_path: Path) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", tmp_path / "schema.yaml")
