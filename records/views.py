"""The REST faces of the record verbs."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import NoReturn

from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.conditions import stale, version_is_asked, versions_wanted
from portal.api.idempotent import idempotent
from portal.api.paging import read_page
from portal.api.parsers import MergePatchParser
from portal.api.prefer import read_choice, read_options
from portal.api.shapes import bare_array, object_of
from portal.api.views import ApiViewSet, is_suspicious, json_body
from portal.collector import uncollected
from portal.errors import ErrorCode, invalid_request, not_found
from portal.intake.text import find_unstorable
from portal.models import Scope
from records import operations, wire
from records.choices import OnConflict
from records.filters import records_asked
from records.models import ResourceRecord
from records.openapi import pages
from records.operations import By, Changed, ChangeStatus, Stored
from records.querysets import is_object_id


class RecordBulkViewSet(ApiViewSet):
    """Many records at once, an answer for each row."""

    required_scopes: Mapping[str, str] = {"create": Scope.RECORDS_WRITE}

    @pages.create_records
    @idempotent
    @uncollected()
    def create(self, request: Request) -> Response:
        """Store a record for each good row; 200 whatever the rows came to."""
        options, body = read_options(request), bare_array(json_body(request))
        created = operations.create_records(
            team=self.caller.team,
            actor=self.caller.actor_id,
            rows=body,
            profile=options.profile,
            all_or_nothing=options.strict_handling,
            dry_run=options.dry_run,
            on_conflict=read_choice(request, "on_conflict", *OnConflict.values),
            request_id=getattr(request, "request_id", ""),
            suspicious=is_suspicious(request),
        )
        headers = {"Preference-Applied": "handling=strict"} if options.strict_handling else None
        return Response(wire.bulk_json(created, full=options.full_detail), headers=headers)


class RecordViewSet(ApiViewSet):
    """One record, or a list of them. Those of other teams are not there."""

    required_scopes: Mapping[str, str] = {
        "list": Scope.RECORDS_READ,
        "retrieve": Scope.RECORDS_READ,
        "history": Scope.RECORDS_READ,
        "partial_update": Scope.RECORDS_WRITE,
        "replace": Scope.RECORDS_WRITE,
        "destroy": Scope.RECORDS_WRITE,
    }

    def get_parsers(self) -> builtins.list[BaseParser]:
        """JSON, and a merge patch where one is taken."""
        parsers = super().get_parsers()
        is_patch = getattr(self.request, "method", "") == "PATCH"  # none when pages are written
        return [*parsers, MergePatchParser()] if is_patch else parsers

    @pages.list_records
    def list(self, request: Request) -> Response:
        """The team's records that match the filters, a page at a time."""
        page = read_page(request)
        found = page.slice(records_asked(self.caller.team.pk, request.query_params))
        return Response(wire.record_page([Stored.of(record) for record in found], page))

    @pages.get_record
    def retrieve(self, request: Request, record_id: str) -> Response:
        """One record, with its version as ETag."""
        mine = ResourceRecord.objects.of_team(self.caller.team.pk)
        record = mine.filter(pk=_known(record_id)).first()
        if record is None:
            raise not_found("record")
        return _answer(Stored.of(record))

    @pages.update_record
    def partial_update(self, request: Request, record_id: str) -> Response:
        """Merge changes into a record."""
        changed = operations.update_record(
            by=self._by(request),
            record_id=_known(record_id),
            changes=object_of(json_body(request)),
            versions=versions_wanted(request),
        )
        return _told(changed)

    @pages.put_record
    def replace(self, request: Request, integration_id: str, logical_id: str) -> Response:
        """Store a record under its logical id, whether there is one or not."""
        if not is_object_id(integration_id) or find_unstorable(logical_id) is not None:
            raise not_found("address")
        body = object_of(json_body(request))
        for name, value in (("integrationId", integration_id), ("logicalId", logical_id)):
            if body.get(name) not in (None, value):
                message = f"{name} is not the one of the address."
                raise invalid_request(f"{name}.other", message, pointer=f"/{name}")
        changed = operations.put_by_logical_id(
            by=self._by(request),
            integration_id=integration_id,
            logical_id=logical_id,
            row=body,
            versions=versions_wanted(request),
            must_exist=version_is_asked(request),
        )
        return _told(changed)

    @pages.delete_record
    def destroy(self, request: Request, record_id: str) -> Response:
        """Delete a record for good."""
        changed = operations.delete_record(
            by=self._by(request), record_id=_known(record_id), versions=versions_wanted(request)
        )
        if changed.status is not ChangeStatus.DELETED:
            _refuse(changed)
        return Response(status=204)

    @pages.record_history
    def history(self, request: Request, record_id: str) -> Response:
        """What happened to a record, also when it is deleted."""
        page = read_page(request)
        team, known = self.caller.team, _known(record_id)
        found = operations.filled(page.slice(operations.record_history(team=team, record_id=known)))
        if not page.total:
            raise not_found("record")
        return Response(wire.history_page(found, page))

    def _by(self, request: Request) -> By:
        options = read_options(request)
        if options.dry_run:
            message = "dry_run is for bulk requests; nothing was changed."
            raise invalid_request("dry_run.unsupported", message)
        return By(
            team=self.caller.team,
            actor=self.caller.actor_id,
            request_id=getattr(request, "request_id", ""),
            profile=options.profile,
        )


def _known(record_id: str) -> str:
    """The id of an address; any other text names nothing."""
    if not is_object_id(record_id):
        raise not_found("record")
    return record_id


def _answer(stored: Stored, status: int = 200) -> Response:
    return Response(wire.stored_record(stored), status=status, headers={"ETag": wire.etag(stored)})


def _told(changed: Changed) -> Response:
    """The record as it stands after a change."""
    if changed.stored is None or changed.status in _REFUSED:
        _refuse(changed)
    return _answer(changed.stored, 201 if changed.status is ChangeStatus.CREATED else 200)


_REFUSED = (ChangeStatus.STALE, ChangeStatus.REJECTED, ChangeStatus.DUPLICATE, ChangeStatus.GONE)


def _refuse(changed: Changed) -> NoReturn:
    if changed.status is ChangeStatus.GONE:
        raise not_found("record")
    if changed.status is ChangeStatus.STALE:
        raise stale()
    is_taken = changed.status is ChangeStatus.DUPLICATE
    code = ErrorCode.CONFLICT if is_taken else ErrorCode.INVALID_REQUEST
    raise wire.refusal(changed.errors, code=code)
