"""The REST faces of the payer registry: who can be asked, and what each takes."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from eligibility import payer_file, wire
from eligibility.models import Payer
from eligibility.openapi import work_pages as pages
from eligibility.registry import standings
from portal.api.views import ApiViewSet
from portal.errors import not_found
from portal.intake.text import find_unstorable
from portal.models import Scope


class PayerViewSet(ApiViewSet):
    """The payers in use. They are the same for every team."""

    required_scopes = {"list": Scope.ELIGIBILITY_READ, "retrieve": Scope.ELIGIBILITY_READ}

    @pages.list_payers
    def list(self, request: Request) -> Response:
        """All of them, by code."""
        payers = list(Payer.objects.filter(is_active=True).order_by("code"))
        items = [wire.payer_head(standing) for standing in standings(payers)]
        return Response({"items": items, "next": None})

    @pages.get_payer
    def retrieve(self, request: Request, code: str) -> Response:
        """One payer with its rules, also as the JSON Schema of a row, and what is announced."""
        known = find_unstorable(code) is None
        found = Payer.objects.filter(code=code.upper(), is_active=True).first() if known else None
        if found is None:
            raise not_found("payer")
        aliases = payer_file.shipped().vocabulary.aliases
        return Response(wire.payer(standings([found])[0], id_aliases=aliases))
