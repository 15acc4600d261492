"""`Idempotency-Key` on a POST: the same request sent again gets the same answer, and does nothing.

A view's method says `@idempotent`; a request without the header costs nothing more.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from typing import Any, Final

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from portal import idempotency
from portal.api.envelope import exception_handler
from portal.api.renderers import Rendered, render_json
from portal.errors import ApiError, ErrorCode, invalid_request
from portal.idempotency import Kept, Posted
from portal.sealing import Unopenable, seal, unseal

HEADER: Final = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_ASKED_BY: Final = ("Prefer", "x-clinic-id")
"""Headers that an answer depends on, beside the body and the query."""

Handler = Callable[..., Response]


def idempotent(handler: Handler) -> Handler:
    """Let a POST be sent again safely.

    The first answer below 500 is kept for 24 hours, in the transaction of the work that it tells
    of, and given again with `Idempotent-Replayed: true`. While the first request runs, others
    with its key are answered 409; when it dies, for at most 60 seconds.
    """

    @wraps(handler)
    def guarded(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        if HEADER not in request.headers:
            return handler(view, request, *args, **kwargs)
        begun = idempotency.begin(_posted(view, request))
        is_secret = getattr(handler, "holds_secret", False)
        if isinstance(begun, Kept):
            return _again(_opened(begun) if is_secret else begun)
        try:
            with transaction.atomic():
                answer = _answer_of(view, request, lambda: handler(view, request, *args, **kwargs))
                idempotency.keep(begun, _sealed(answer) if is_secret else answer)
        except BaseException:
            idempotency.let_go(begun)
            raise
        return Response(Rendered(answer.body), status=answer.status, headers=dict(answer.headers))

    guarded.is_idempotent = True  # type: ignore[attr-defined]
    return guarded


def holds_secret(handler: Handler) -> Handler:
    """Mark a handler whose answer shows a secret: kept to be given again, it is kept sealed.

    Stands below `@idempotent`.
    """
    handler.holds_secret = True  # type: ignore[attr-defined]
    return handler


def _posted(view: Any, request: Request) -> Posted:
    key = request.headers[HEADER].strip()
    if _KEY.fullmatch(key) is None:
        message = f"{HEADER} is 1 to 255 visible ASCII characters."
        raise invalid_request("idempotency_key.malformed", message, value=key[:64])
    return Posted(
        team_id=view.caller.team.pk,
        method=str(request.method),
        path=request.path,
        key=key,
        digest=_digest(request),
        request_id=getattr(request, "request_id", ""),
    )


def _digest(request: Request) -> str:
    """Names everything that the answer depends on. Reads the body before the parser does."""
    asked = [request.META.get("QUERY_STRING", "")]
    asked += [request.headers.get(name, "") for name in _ASKED_BY]
    digest = hashlib.sha256("\n".join(asked).encode("utf-8", "surrogateescape"))
    digest.update(b"\0")
    digest.update(request._request.body)
    return digest.hexdigest()


def _answer_of(view: Any, request: Request, handle: Callable[[], Response]) -> Kept:
    """What the view answers. A refusal is an answer, too: it will be the same next time."""
    try:
        response = handle()
    except ApiError as error:
        if error.status >= 500:
            raise
        response = exception_handler(error, {"request": request, "view": view})
    data = response.data
    body = data.body if isinstance(data, Rendered) else b"" if data is None else render_json(data)
    return Kept(response.status_code, _plain(response.headers), body)


def _plain(headers: Mapping[str, str]) -> dict[str, str]:
    """The answer's own headers; what the middleware adds is added to every answer."""
    return {name: value for name, value in headers.items() if name != "Content-Type"}


def _sealed(answer: Kept) -> Kept:
    return replace(answer, body=seal(answer.body.decode()).encode())


def _opened(kept: Kept) -> Kept:
    """Raises ApiError when no key of the portal opens it any more."""
    try:
        return replace(kept, body=unseal(kept.body.decode()).encode())
    except Unopenable:
        message = "The first answer cannot be shown again. Use a new key."
        raise ApiError(ErrorCode.CONFLICT, message) from None


def _again(kept: Kept) -> Response:
    headers = {**kept.headers, "Idempotent-Replayed": "true"}
    return Response(Rendered(kept.body), status=kept.status, headers=headers)
