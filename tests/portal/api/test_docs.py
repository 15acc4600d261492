"""The schema and Swagger UI: complete, valid, and from this portal alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse
from jsonschema import Draft202012Validator
from pytest_django import Settings

from portal.errors import ErrorCode
from portal.middleware import policy_for
from tests.portal.api.published import published

SWAGGER_STYLE = "drf_spectacular_sidecar/swagger-ui-dist/swagger-ui.css"
DOCS = "/api/docs/"


class Page(HTMLParser):
    """The addresses a page loads, and what stands in it as code or style."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline: list[str] = []
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag
        for name, value in attrs:
            if name in ("src", "href") and value:
                self.loaded.append(value)
            if name == "style" or name.startswith("on"):
                self.inline.append(name)

    def handle_data(self, data: str) -> None:
        if self._open in ("script", "style") and data.strip():
            self.inline.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._open = ""


def page_of(client: Client) -> Page:
    page = Page()
    page.feed(client.get(DOCS).content.decode())
    return page


@pytest.fixture
def schema() -> dict[str, Any]:
    """The schema as it is served."""
    return published()


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_the_page_loads_only_the_portals_own_files(client: Client) -> None:
    page = page_of(client)
    assert len(page.loaded) > 4
    assert all(not urlsplit(each).netloc and each.startswith("/") for each in page.loaded)
    assert page.inline == []


def test_every_static_file_of_the_page_exists(client: Client) -> None:
    static = [each for each in page_of(client).loaded if each.startswith("/static/")]
    assert len(static) > 3
    assert all(finders.find(each.removeprefix("/static/")) for each in static)


def test_the_page_is_the_portals_and_leads_back_to_it(client: Client) -> None:
    page = page_of(client)
    assert "/static/portal/mark.svg" in page.loaded
    assert reverse("admin:index") in page.loaded
    assert reverse("schema") in page.loaded


def test_the_page_follows_the_theme_of_the_staffs_pages(client: Client) -> None:
    found = finders.find("portal/docs.js")
    script = Path(str(found)).read_text()
    assert '"adminTheme"' in script
    assert '"dark-mode"' in script
    style = Path(str(finders.find(SWAGGER_STYLE))).read_text()
    assert "html.dark-mode" in style


def test_the_pages_script_is_a_request_of_its_own_and_calls_no_other_host(client: Client) -> None:
    (address,) = [each for each in page_of(client).loaded if each.startswith(DOCS)]
    script = client.get(address)
    assert script.status_code == 200
    assert script.headers["Content-Type"].startswith("application/javascript")
    text = script.content.decode()
    assert 'url: "/api/schema/"' in text
    assert "validatorUrl: null" in text
    assert not re.search(r"https?://", text)


def test_the_style_sheet_loads_nothing_but_what_the_policy_allows(client: Client) -> None:
    style = Path(str(finders.find(SWAGGER_STYLE))).read_text(encoding="utf-8")
    assert "@import" not in style
    assert set(re.findall(r"url\([\"']?(\w+):", style)) == {"data"}
    policy = policy_for(DOCS)
    assert "img-src 'self' data:" in policy
    assert client.get(DOCS).headers["Content-Security-Policy"] == policy


def test_the_schema_is_served_as_yaml_and_as_json(client: Client) -> None:
    assert client.get("/api/schema/").content.startswith(b"openapi: 3.1.0")
    as_json = client.get("/api/schema/?format=json")
    assert json.loads(as_json.content)["openapi"] == "3.1.0"


def test_an_unknown_address_beside_the_docs_is_json(client: Client) -> None:
    assert client.get("/api/docs/nothing").json()["error"]["code"] == "NOT_FOUND"


def test_every_operation_lists_its_errors_in_the_envelope(schema: dict[str, Any]) -> None:
    for name, operation in operations(schema):
        codes = {
            code
            for response in operation["responses"].values()
            if "content" in response
            for code in response["content"]["application/json"]["examples"]
            if code in set(ErrorCode)
        }
        expected = {"METHOD_NOT_ALLOWED", "INTERNAL", "UNAVAILABLE"}
        if not name.endswith("/health"):
            expected |= {"INVALID_REQUEST", "UNAUTHORIZED", "FORBIDDEN", "RATE_LIMITED"}
        if "requestBody" in operation:
            expected |= {"INVALID_JSON", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"}
        if name.startswith("post"):
            expected |= {"CONFLICT", "IDEMPOTENCY_KEY_REUSED"}
        if "{" in name:
            expected |= {"NOT_FOUND"}
        has_versions = "/webhooks/" not in name
        if has_versions and name.startswith(("put", "patch", "delete")):
            expected |= {"PRECONDITION_FAILED"}
        if has_versions and name.startswith(("put", "patch")):
            expected |= {"CONFLICT"}
        assert codes == expected, name


def test_either_key_header_opens_every_operation_but_health(schema: dict[str, Any]) -> None:
    assert set(schema["components"]["securitySchemes"]) == {"bearerKey", "apiKeyHeader"}
    for name, operation in operations(schema):
        wanted: list[dict[str, list[str]]] = [{"bearerKey": []}, {"apiKeyHeader": []}]
        assert operation["security"] == ([{}] if name.endswith("/health") else wanted)


def test_every_example_has_the_shape_it_illustrates(schema: dict[str, Any]) -> None:
    checked = 0
    for name, operation in operations(schema):
        contents = [operation.get("requestBody", {}), *operation["responses"].values()]
        for content in contents:
            media = content.get("content", {}).get("application/json")
            if media is None:
                continue
            whole = {**media["schema"], "components": schema["components"]}
            for title, example in media["examples"].items():
                errors = list(Draft202012Validator(whole).iter_errors(example["value"]))
                assert not errors, f"{name}: {title}: {errors[0].message}"
                checked += 1
    assert checked > 40


def test_the_limits_are_published(settings: Settings, client: Client) -> None:
    settings.BULK_MAX_ROWS = 4_321
    text = client.get("/api/schema/").content.decode()
    assert "4,321 rows" in text
    assert "20 MiB" in text
