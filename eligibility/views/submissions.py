"""The REST faces of rejected rows: read them, fix them at their lines, try them all again."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from eligibility import operations, wire
from eligibility.openapi import work_pages as pages
from eligibility.operations.create import KIND
from portal.api.conditions import stale, versions_wanted
from portal.api.idempotent import idempotent
from portal.api.ids import ids_in
from portal.api.pagination import decode_cursor, encode_cursor
from portal.api.prefer import read_choice, read_options
from portal.api.shapes import object_of
from portal.api.views import ApiViewSet, json_body
from portal.errors import not_found
from portal.models import RejectedRow, Scope, Submission

PAGE = 500
"""Rejected rows in one answer."""


class SubmissionViewSet(ApiViewSet):
    """What was received from the clinic and could not be accepted."""

    required_scopes = {
        "retrieve": Scope.ELIGIBILITY_READ,
        "fix_row": Scope.ELIGIBILITY_WRITE,
        "resubmit": Scope.ELIGIBILITY_WRITE,
    }

    @pages.get_submission
    def retrieve(self, request: Request, submission_id: str) -> Response:
        """The submission and its rejected rows, the open ones unless all are asked for."""
        found = self._find(submission_id)
        rows = RejectedRow.objects.filter(submission=found)
        open_rows = rows.open().count()
        if read_choice(request, "rows", "open", "all") == "open":
            rows = rows.open()
        cursor = request.query_params.get("cursor")
        after = -1 if cursor is None else decode_cursor("rejected", cursor)
        page = list(rows.filter(line__gt=after).order_by("line")[: PAGE + 1])
        more = len(page) > PAGE
        shown = wire.submission(found, open_rows=open_rows)
        shown["items"] = [wire.rejected(row) for row in page[:PAGE]]
        shown["next"] = encode_cursor("rejected", page[PAGE - 1].line) if more else None
        return Response(shown)

    @pages.fix_row
    def fix_row(self, request: Request, submission_id: str, line: str) -> Response:
        """Accept a rejected row with changes, at its line."""
        row = self._row(submission_id, line)
        wanted = versions_wanted(request)
        if wanted is not None and row.version not in wanted:
            raise stale()
        changes = object_of(json_body(request))
        before = row.raw if isinstance(row.raw, dict) else {}
        fixed = operations.fix_rejected(
            row=row,
            raw={**before, **changes},
            version=row.version,
            actor=self.caller.actor_id,
            profile=read_options(request).profile,
        )
        wire.raise_unless_fixed(fixed)
        row = self._row(submission_id, line)
        return Response(wire.rejected(row), headers={"ETag": f'"{row.version}"'})

    @pages.resubmit
    @idempotent
    def resubmit(self, request: Request, submission_id: str) -> Response:
        """Try every open row again as it came, under the rules of today."""
        tried = operations.resubmit(
            submission=self._find(submission_id), actor=self.caller.actor_id
        )
        message = f"{tried.moved} rows were accepted."
        return Response(wire.moved(message, tried))

    def _find(self, submission_id: str) -> Submission:
        mine = Q(team=self.caller.team, clinic=self.caller.clinic, kind=KIND)
        found = Submission.objects.filter(mine, pk__in=ids_in(submission_id)).first()
        if found is None:
            raise not_found("submission")
        return found

    def _row(self, submission_id: str, line: str) -> Any:
        found = self._find(submission_id)
        is_line = line.isascii() and line.isdigit() and len(line) < 10
        rows = RejectedRow.objects.filter(submission=found, line=int(line) if is_line else -1)
        row = rows.first() if is_line else None
        if row is None:
            raise not_found("row")
        return row
