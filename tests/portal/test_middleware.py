from __future__ import annotations

import io
import re
from typing import Any

import pytest
import structlog
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from portal import middleware
from portal.api.body import take_body
from portal.errors import ApiError
from portal.middleware import RequestIdMiddleware, SecurityHeadersMiddleware, policy_for

pytestmark = pytest.mark.urls("tests.portal.api.echo")
JSON = "application/json"


class Input(io.BytesIO):
    """A request's stream, which knows how much of it was taken."""

    def __init__(self, size: int) -> None:
        super().__init__(b"x" * size)


def request_with(stream: Any, **meta: Any) -> HttpRequest:
    request = RequestFactory().post("/v2/x", b"", content_type=JSON)
    request.META.update({"wsgi.input": stream, **meta})
    return request


def chunked(stream: Any) -> HttpRequest:
    meta = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    request = request_with(stream, **meta)
    request.META.pop("CONTENT_LENGTH", None)
    return request


def test_every_answer_has_a_request_id_of_its_own(client: Client) -> None:
    ids = [client.get(path).headers["X-Request-ID"] for path in ("/page", "/v2/x", "/v2/open")]
    assert len(set(ids)) == 3
    assert all(re.fullmatch(r"[0-9a-f]{32}", each) for each in ids)


@pytest.mark.parametrize("sent", ["a", "Case-1.2_3", "x" * 64])
def test_a_sane_incoming_id_is_kept(client: Client, sent: str) -> None:
    assert client.get("/page", headers={"x-request-id": sent}).headers["X-Request-ID"] == sent


@pytest.mark.parametrize("sent", ["", "x" * 65, "a b", "a\nb", "<script>", "é"])
def test_any_other_incoming_id_is_replaced(client: Client, sent: str) -> None:
    answer = client.get("/page", headers={"x-request-id": sent}).headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{32}", answer)


def test_the_id_is_bound_to_log_lines_only_while_the_request_runs(rf: RequestFactory) -> None:
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(structlog.contextvars.get_contextvars().get("request_id"))
        return HttpResponse()

    RequestIdMiddleware(view)(rf.get("/", headers={"x-request-id": "mine"}))
    assert seen == ["mine"]
    assert "request_id" not in structlog.contextvars.get_contextvars()


def test_api_answers_and_pages_allow_nothing_to_load(client: Client) -> None:
    for path in ("/v2/open", "/v2/unknown", "/page", "/unknown"):
        policy = client.get(path).headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "script-src" not in policy


def test_the_docs_may_load_the_portals_own_files_and_nothing_inline() -> None:
    policy = policy_for("/api/docs/")
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_the_policy_of_the_longest_prefix_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "POLICIES", {"/a/": "loose", "/a/b/": "tight"})
    assert policy_for("/a/b/c") == "tight"
    assert policy_for("/a/c") == "loose"
    assert policy_for("/b") == middleware.LOCKED


def test_api_answers_are_not_cached_and_pages_decide_for_themselves(client: Client) -> None:
    assert client.get("/v2/open").headers["Cache-Control"] == "no-store"
    assert client.get("/v2/unknown").headers["Cache-Control"] == "no-store"
    assert "Cache-Control" not in client.get("/page").headers


def test_a_view_may_set_a_header_of_its_own(rf: RequestFactory) -> None:
    own = SecurityHeadersMiddleware(lambda request: HttpResponse(headers={"Cache-Control": "x"}))
    assert own(rf.get("/v2/x")).headers["Cache-Control"] == "x"


def test_a_body_at_the_limit_passes_and_one_byte_more_is_a_413(
    client: Client, settings: Settings
) -> None:
    settings.BULK_MAX_BYTES = 20
    fits = client.post("/v2/open", b'"' + b"x" * 18 + b'"', content_type=JSON)
    assert fits.json()["body"] == "x" * 18
    over = client.post("/v2/open", b'"' + b"x" * 19 + b'"', content_type=JSON)
    assert over.status_code == 413
    assert over.json()["error"]["code"] == "PAYLOAD_TOO_LARGE"
    assert over.json()["error"]["details"][0]["code"] == "body.too_large"


def test_the_limit_is_the_apis_alone(client: Client, settings: Settings) -> None:
    settings.BULK_MAX_BYTES = 20
    assert client.post("/page", b"x" * 30, content_type=JSON).status_code == 200


def test_a_body_over_the_limit_is_read_to_its_end(settings: Settings) -> None:
    settings.BULK_MAX_BYTES = 100_000
    stream = Input(300_000)
    with pytest.raises(ApiError):
        take_body(request_with(stream, CONTENT_LENGTH="300000"))
    assert stream.tell() == 300_000


def test_an_endless_body_is_read_only_so_far(settings: Settings) -> None:
    settings.BULK_MAX_BYTES, settings.DRAIN_MAX_BYTES = 100_000, 200_000
    for make in (lambda s: request_with(s, CONTENT_LENGTH="300000"), chunked):
        stream = Input(300_000)
        with pytest.raises(ApiError):
            take_body(make(stream))
        assert stream.tell() == 200_000


def test_a_chunked_body_is_read_like_any_other(settings: Settings) -> None:
    request = chunked(Input(150_000))
    take_body(request)
    assert request.META["CONTENT_LENGTH"] == "150000"
    assert len(request.read()) == 150_000


def test_a_chunked_body_that_breaks_off_is_the_callers_fault() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("bad chunk")

    with pytest.raises(ApiError) as caught:
        take_body(chunked(Broken()))
    assert caught.value.status == 400


@pytest.mark.parametrize("length", ["", "-5", "many", "٣"])
def test_a_senseless_length_is_no_length(length: str) -> None:
    take_body(request_with(Input(10), CONTENT_LENGTH=length))
