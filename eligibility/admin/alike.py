"""Fix all like this, for a group of the worklist: rejected rows and checks that are alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from eligibility import registry
from eligibility.admin.places import group_address, group_or_404, worklist_address, worklist_of
from eligibility.operations.group_failed import FailedChecks
from eligibility.operations.group_rejected import RejectedChecks
from eligibility.presentation.codes import id_type_name, visit_name
from eligibility.presentation.fields import label, message_in_words, value_in_words
from eligibility.presentation.masks import Mask
from eligibility.presentation.rejections import explain_rejection
from eligibility.worklist import GroupKey, Kind
from portal.admin.alike import AlikePage
from portal.admin.alike_done import HOMES
from portal.admin_site import Capability, page
from portal.groupfix import MOST_ROWS, Cluster, Ref
from portal.groupfix.clusters import Fault
from portal.intake.issues import Issue
from portal.intake.rejected import cause_of
from portal.models import Team
from portal.roles import clinics_of

HOMES[RejectedChecks.name] = HOMES[FailedChecks.name] = "admin:worklist"
_USUAL = ("tpa_name", "id_type", "visit_type")
"""Fields in which failed checks are often alike, whatever failed."""


@page("worklist/alike/", name="worklist_alike", capability=Capability.FIX)
class AlikeChecks(AlikePage):
    """The faults of one group of the worklist."""

    @cached_property
    def key(self) -> GroupKey:
        """The group that the address names. Raises Http404."""
        return group_or_404(self.request)

    @property
    def is_rejected(self) -> bool:
        """Whether they are rejected rows; else they are checks."""
        return self.key.kind is Kind.REJECTED

    def kind(self) -> str:
        """Rejected rows, or checks that failed or were answered doubtfully."""
        return RejectedChecks.name if self.is_rejected else FailedChecks.name

    def refs(self, as_of: datetime | None) -> list[Ref]:
        """The rows of the group within the person's clinics."""
        rows = worklist_of(self.request).rows(self.key)
        if as_of is not None:
            rows = rows.filter(updated_at__lte=as_of)
        return [Ref(pk, version) for pk, version in rows.values_list("pk", "version")[:MOST_ROWS]]

    def team(self) -> Team:
        """The person's, or that of the clinics they were given."""
        user: Any = self.request.user
        found: Team = user.team or clinics_of(user)[0].team
        return found

    def words(self, fault: Cluster) -> tuple[str, str]:
        """The fault as the worklist says it; of checks, the field in which they are alike."""
        if self.is_rejected:
            found = explain_rejection(cause_of([Issue(fault.pattern, fault.code, "")]))
            return found.title, found.advice
        return self.field(fault.pattern), ""

    def field(self, pattern: str) -> str:
        """As the desk calls it."""
        return label(_name(pattern))

    def shown(self, pattern: str, value: Any) -> str:
        """In words, identifiers masked."""
        name = _name(pattern)
        text = str(Mask().value(value, name))
        return value_in_words(name, text, self._payers) if isinstance(value, str) else text

    def choices(self, pattern: str) -> Sequence[tuple[str, str]]:
        """The payers, or what the group's payer takes."""
        name, rules = _name(pattern), registry.load().rules
        payer = rules.find(self.key.payer) if self.key.payer else None
        if name == "tpa_name":
            return sorted(
                ((each.code, f"{each.name} ({each.code})") for each in rules.payers),
                key=lambda each: each[1].casefold(),
            )
        if name == "id_type":
            codes = payer.id_types if payer else sorted(rules.id_types)
            return [(code, id_type_name(code)) for code in codes]
        if name == "visit_type" and payer and payer.visit_types:
            return [(code, visit_name(code)) for code in payer.visit_types]
        return ()

    def lead(self) -> str:
        """Of checks, why they wait: nobody knows which field is at fault."""
        if self.is_rejected:
            return ""
        return f"{self.key.explain().title}. Below is what these checks have in common."

    def said(self, reason: str) -> str:
        """With the desk's names of fields."""
        return message_in_words(reason, self._payers)

    def listed(self, faults: list[Fault]) -> Iterable[Fault]:
        """Of checks, only fields that may be at fault, the likeliest first."""
        if self.is_rejected:
            return faults
        look_at = self.key.explain().look_at
        payer = registry.load().rules.find(self.key.payer)
        asked = {name for name, _ in payer.requires} if payer else set()
        order = list(dict.fromkeys([*look_at, *_USUAL, *asked]))
        found = [fault for fault in faults if _name(fault.whole.pattern) in order]
        for fault in found:
            may_lack = _name(fault.whole.pattern) in asked
            fault.clusters = [e for e in fault.clusters if e.value is not None or may_lack]
        return sorted(found, key=lambda fault: order.index(_name(fault.whole.pattern)))

    def address(self, **more: str) -> str:
        """About the same group."""
        filters = worklist_of(self.request).filters
        return group_address("admin:worklist_alike", self.key, filters, **more)

    def back(self) -> str:
        """The worklist."""
        return worklist_address(worklist_of(self.request).filters)

    @cached_property
    def _payers(self) -> Mapping[str, str]:
        return {payer.code: payer.name for payer in registry.load().rules.payers}


def _name(pattern: str) -> str:
    return pattern.split("/")[1] if pattern else ""
