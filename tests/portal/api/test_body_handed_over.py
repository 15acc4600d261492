from __future__ import annotations

import gc
from weakref import ref

from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from portal.api.parsers import GuardedJSONParser
from portal.api.views import AlwaysJson, json_body


class Watched(dict[str, int]):
    """A body that tells when it is gone."""


class WatchedParser(GuardedJSONParser):
    def parse(self, *given: object, **named: object) -> Watched:
        super().parse(*given, **named)  # type: ignore[arg-type]
        return Watched(a=1)


def test_a_parsed_body_is_freed_with_the_view_although_the_request_lives_on() -> None:
    sent = APIRequestFactory().post("/", b'{"a": 1}', content_type="application/json")
    request = Request(sent, parsers=[WatchedParser()], negotiator=AlwaysJson())
    gc.disable()
    try:
        body = json_body(request)
        assert body == {"a": 1}
        watched = ref(body)
        del body
        assert watched() is None
    finally:
        gc.enable()
