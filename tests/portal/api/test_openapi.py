"""The OpenAPI page is complete: no address is forgotten, and every operation says all it should."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.urls import URLPattern, get_resolver

from portal.models import Scope
from tests.eligibility.rest.asking import SEED_1, SEED_2
from tests.portal.api.published import published
from tests.records.rest.asking import SEED_3

NOT_IN_THE_SCHEMA = {
    "": "leads people to the staff's pages",
    "admin": "leads people to the staff's pages",
    "admin/": "the staff's pages: for people, behind a login",
    "healthz": "for monitors: the process is alive",
    "readyz": "for monitors: the process may be sent requests",
    "metrics": "for monitors, in Prometheus' own form",
    "api/schema/": "the schema itself",
    "api/docs/": "the page that shows the schema",
    "api/start/": "the page that says how to begin",
}
"""Addresses that are no operations, and why. One that ends in a slash stands for all below it."""

METHODS = {"get", "post", "put", "patch", "delete"}
CHECKS = "/v2/api-integration"
SEEDS = {
    f"post {CHECKS}/bulk/create-tasks": SEED_1,
    f"post {CHECKS}/schedule-tasks": SEED_2,
    "post /integrations/v2/resource-records/bulk": SEED_3,
}
"""The requests of the user's own documents."""


def operations() -> dict[str, dict[str, Any]]:
    """Every operation by its method and path."""
    return {
        f"{method} {path}": operation
        for path, methods in published()["paths"].items()
        for method, operation in methods.items()
    }


def addresses(patterns: Iterable[Any], before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address of the project with its pattern, as the resolver knows them."""
    for each in patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLPattern):
            yield route, each
        else:
            yield from addresses(each.url_patterns, route)


def reason_to_be_absent(route: str) -> str | None:
    whole = {key: why for key, why in NOT_IN_THE_SCHEMA.items() if key.endswith("/")}
    return NOT_IN_THE_SCHEMA.get(route) or next(
        (why for prefix, why in whole.items() if route.startswith(prefix)), None
    )


def answered_by(route: str, pattern: URLPattern) -> Iterator[str]:
    """The operations of an address, in the schema's words."""
    path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)
    actions = getattr(pattern.callback, "actions", None)
    assert actions is not None, f"{route} is neither a view of the API nor on the list"
    yield from (f"{method} {path}" for method in actions if method in METHODS)


def test_every_url_of_the_project_is_in_the_schema_or_on_the_list() -> None:
    found = {
        operation
        for route, pattern in addresses(get_resolver().url_patterns)
        if reason_to_be_absent(route) is None
        for operation in answered_by(route, pattern)
    }
    assert len(found) > 30
    assert found == set(operations())


def test_the_list_of_other_urls_names_none_that_is_gone() -> None:
    routes = [route for route, _ in addresses(get_resolver().url_patterns)]
    for listed in NOT_IN_THE_SCHEMA:
        below = listed.endswith("/") and any(route.startswith(listed) for route in routes)
        assert listed in routes or below, listed


def test_an_operation_says_what_it_does_and_what_key_it_needs() -> None:
    for name, operation in operations().items():
        assert len(operation["summary"]) > 5, name
        assert operation["tags"], name
        said = operation["description"]
        assert len(said) > 10, name
        scopes = set(re.findall(r"Scope: `([\w:]+)`", said))
        assert scopes < set(Scope.values), name
        assert bool(scopes) == (not name.endswith("/health")), name


def test_no_two_operations_have_the_same_name() -> None:
    names = [operation["operationId"] for operation in operations().values()]
    assert len(set(names)) == len(names)
    summaries = {operation["summary"] for operation in operations().values()}
    # eligibility-result has two addresses.
    assert len(summaries) == len(names) - 1


def test_an_operation_shows_an_example_of_what_is_sent_and_of_what_is_answered() -> None:
    for name, operation in operations().items():
        answers = {status: one for status, one in operation["responses"].items() if status < "300"}
        assert answers, name
        shown = [operation["requestBody"]] if "requestBody" in operation else []
        shown += [answer for status, answer in answers.items() if status != "204"]
        for content in shown:
            assert content["content"]["application/json"]["examples"], name


def test_an_operation_lists_the_statuses_that_it_can_answer() -> None:
    for name, operation in operations().items():
        expected = {"405", "500", "503"}
        if not name.endswith("/health"):
            expected |= {"400", "401", "403", "429"}
        if "requestBody" in operation:
            expected |= {"400", "413", "415"}
        if "{" in name:
            expected |= {"404"}
        if name.startswith("post"):
            expected |= {"409", "422"}
        assert expected <= set(operation["responses"]), name


def answers() -> Iterator[tuple[str, str, set[str]]]:
    """Every answer of every operation: name, status, the headers it names."""
    for name, operation in operations().items():
        for status, answer in operation["responses"].items():
            yield name, status, set(answer["headers"])


def test_an_answer_names_its_headers() -> None:
    known = set(published()["components"]["headers"])
    for name, status, named in answers():
        assert {"X-Request-ID"} <= named <= known, name
        if not name.endswith("/health") and status.startswith("2"):
            assert {"RateLimit", "RateLimit-Policy"} <= named, name
        if status in {"409", "429", "503"}:
            assert "Retry-After" in named, name
        if name.startswith("post") and status == "200":
            assert "Idempotent-Replayed" in named, name


def test_rows_with_versions_say_so() -> None:
    for method in ("get", "patch"):
        for path in (
            f"{CHECKS}/tasks/{{task_id}}",
            "/integrations/v2/resource-records/{record_id}",
        ):
            assert "ETag" in operations()[f"{method} {path}"]["responses"]["200"]["headers"]


@pytest.mark.parametrize("name", sorted(SEEDS))
def test_the_example_of_a_documented_request_is_the_documents_own(name: str) -> None:
    examples = operations()[name]["requestBody"]["content"]["application/json"]["examples"]
    assert SEEDS[name] in [example["value"] for example in examples.values()]
