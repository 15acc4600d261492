"""What a form for one row is about, and what others did to it meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eligibility import forms
from eligibility.models import EligibilityTask
from eligibility.worklist import GroupKey
from portal import audit
from portal.models import Clinic, RejectedRow


@dataclass(frozen=True, slots=True)
class Subject:
    """The row that the page is about.

    `stands` is the row as it stands, in wire names; `original` as it came. `revision` counts
    its corrections. `closed` says why it cannot be saved now; empty when it can.
    """

    row: EligibilityTask | RejectedRow
    clinic: Clinic
    stands: Mapping[str, Any]
    original: Any
    key: GroupKey | None
    version: int
    revision: int = 0
    profile: str = "lenient"
    closed: str = ""

    @property
    def target(self) -> audit.Target:
        """The row as the audit log names it."""
        return audit.Target(
            kind=self.row._meta.label_lower,
            id=str(self.row.pk),
            name=str(self.row),
            team_id=self.clinic.team_id,
            clinic_id=self.clinic.pk,
        )


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What somebody else did while the form was open: `changes` are (field, before, now) in words.

    `names` are the wire names of the changed fields.
    """

    message: str
    who: str = ""
    when: str = ""
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    names: frozenset[str] = frozenset()


def show_theirs(form: forms.RowForm, subject: Subject, meanwhile: Meanwhile) -> None:
    """Say at each field that somebody else changed what is there now."""
    now = forms.values_of(forms.restated(subject.stands))
    for each in form.fields:
        value = now.get(each.name, "")
        if each.name in meanwhile.names and isinstance(value, str) and value != each.value:
            words = dict(each.options).get(value, value) or "nothing"
            each.theirs = forms.Note(words, value, words)
