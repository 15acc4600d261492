"""Row validation: what a request's rows say, against the payers' rules. Pure and fast.

A clean row costs one pydantic call, one table lookup and three pattern matches, and raises
nothing. Only a row with a fault takes the long way, which collects every fault at once.
`errors` reject a row. `warnings` are doubts about content: the row is created and staff see them;
`profile="strict"` makes errors of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any, Literal

from pydantic import ValidationError

from eligibility import faults
from eligibility.code_faults import of_codes, of_requirements
from eligibility.dates import dob_issue, iso_date, read_scheduled_for
from eligibility.identifiers import read_identifier
from eligibility.lookup import Match, Registry
from eligibility.payer_rules import PayerRules
from eligibility.phones import phone_check
from eligibility.schemas import DISPLAY_NAMES, WIRE_NAMES, DraftRow, Row
from portal.intake.issues import Issue
from portal.intake.text import excerpt, storable

__all__ = ["Checked", "PayerRules", "Profile", "Registry", "check_rows"]

Profile = Literal["lenient", "strict"]

_KNOWN_NAMES = WIRE_NAMES | DISPLAY_NAMES
_validate = Row.__pydantic_validator__.validate_python
_validate_draft = DraftRow.__pydantic_validator__.validate_python


@dataclass(slots=True)
class Checked:
    """What one row came to; rejected when there are errors.

    `row` is None when its JSON types or lengths are wrong; `raw` is the row as sent, made
    storable when it was not; `payer` is the payer or search found, also for rejected rows.
    `dob` is None when absent or doubtful. `scheduled_for` is in UTC and may be past. `search_key`
    is the identifier's (`identifiers.search_key`).
    """

    row: Row | None
    raw: Any
    payer: PayerRules | None = None
    errors: list[Issue] = field(default_factory=list)
    warnings: list[Issue] = field(default_factory=list)
    dob: date | None = None
    scheduled_for: datetime | None = None
    search_key: str = ""


def check_rows(
    rows: Sequence[Any],
    *,
    registry: Registry,
    timezone: tzinfo,
    now: datetime,
    profile: str = "lenient",
    region: str = "AE",
    suspicious: bool = True,
) -> list[Checked]:
    """Check every row; the answer has one entry for each, in their order. Never raises.

    `timezone` is the clinic's, `region` its two-letter country for phone numbers, `now` an aware
    moment. `suspicious=False` says that the caller has looked at the whole body and no row can
    hold what a database cannot store (`portal.intake.text`): then no row is walked. Pointers are
    relative to the row.
    """
    checker = _Checker(registry, timezone, now, region, suspicious)
    checked = [checker.check(raw) for raw in rows]
    if profile == "strict":
        for each in checked:
            each.errors += each.warnings
            each.warnings = []
    return checked


class _Checker:
    """The rules of one request, applied row by row."""

    def __init__(
        self, registry: Registry, timezone: tzinfo, now: datetime, region: str, suspicious: bool
    ) -> None:
        self.registry = registry
        self.timezone = timezone
        self.now = now
        self.today = now.astimezone(timezone).date()
        self.phone_looks_right = phone_check(region)
        self.suspicious = suspicious
        self.sends_nulls = False  # until a row does: a client sends them in all rows or in none

    def check(self, raw: Any) -> Checked:
        """One row; `raw` is whatever the request held at its place."""
        if not isinstance(raw, dict):
            return Checked(None, storable(raw), errors=[faults.not_an_object(raw)])
        given = _without_nulls(raw) if self.sends_nulls else raw
        try:
            row = _validate(given)
        except ValidationError as error:
            if not self.sends_nulls and None in raw.values():
                self.sends_nulls = True
                return self.check(raw)
            return self._check_broken(raw, given, error)
        checked = Checked(row, raw)
        match = self.registry.match(row.tpa_name, row.id_type, row.visit_type)
        if match is None:
            self._refuse_codes(row, given, checked)
        else:
            self._apply(match, row, checked)
        self._look_at_content(row, checked)
        if not _KNOWN_NAMES.issuperset(given):
            checked.warnings += faults.unknown_fields(given)
        if self.suspicious:
            _refuse_unstorable(checked)
        return checked

    def _check_broken(
        self, raw: dict[str, Any], given: dict[str, Any], error: ValidationError
    ) -> Checked:
        """A row of the wrong shape: its shape's faults, and those of the fields that are right."""
        shape = error.errors(include_url=False, include_input=False)
        faulty = frozenset(str(each["loc"][0]) for each in shape)
        draft = _validate_draft(
            {name: value for name, value in given.items() if name not in faulty}
        )
        checked = Checked(None, raw, errors=faults.of_shape(shape, given))
        self._refuse_codes(draft, given, checked, faulty)
        self._look_at_content(draft, checked)
        checked.warnings += faults.unknown_fields(given)
        _refuse_unstorable(checked)
        return checked

    def _refuse_codes(
        self,
        row: Row,
        given: Mapping[str, Any],
        checked: Checked,
        faulty: frozenset[str] = frozenset(),
    ) -> None:
        """Find out which of the three codes is wrong, and what the payer requires besides."""
        checked.payer = self.registry.find(row.tpa_name)
        checked.errors += of_codes(self.registry, checked.payer, row, given, faulty)

    def _apply(self, match: Match, row: Row, checked: Checked) -> None:
        """Take over the registry's own codes and look for what this payer requires."""
        checked.payer = match.payer
        if row.id_type != match.id_type:
            row.id_type = match.id_type
        if row.tpa_name != match.payer.code:
            row.tpa_name = match.payer.code
        if match.requires:
            checked.errors = of_requirements(match.requires, match.payer, row)

    def _look_at_content(self, row: Row, checked: Checked) -> None:
        """Doubts about values, and the values themselves where there is no doubt."""
        if row.id_value:
            checked.search_key, doubt = read_identifier(row.id_type, row.id_value)
            if doubt is not None:
                issue = Issue("/id_value", doubt.code, doubt.message, excerpt(row.id_value))
                checked.warnings.append(issue)
        if row.dob:
            self._read_dob(row.dob, checked)
        if row.phone and not self.phone_looks_right(row.phone):
            message = "This does not look like a phone number of the clinic's country."
            checked.warnings.append(Issue("/phone", "phone.odd", message, excerpt(row.phone)))
        if row.scheduled_for:
            self._read_scheduled_for(row.scheduled_for, checked)

    def _read_dob(self, text: str, checked: Checked) -> None:
        born = iso_date(text)
        if born is not None and born <= self.today:
            checked.dob = born
        else:
            checked.warnings.append(dob_issue(text, born))

    def _read_scheduled_for(self, text: str, checked: Checked) -> None:
        read = read_scheduled_for(text, timezone=self.timezone, now=self.now)
        if isinstance(read, Issue):
            checked.errors.append(read)
        else:
            checked.scheduled_for = read


def _without_nulls(raw: dict[str, Any]) -> dict[str, Any]:
    """The row's fields that say something: null is as good as absent."""
    if None not in raw.values():
        return raw
    return {name: value for name, value in raw.items() if value is not None}


def _refuse_unstorable(checked: Checked) -> None:
    """Refuse what a database cannot store, and make the row storable as a rejected one."""
    found = faults.of_text(checked.raw)
    if found:
        checked.errors += found
        checked.raw = storable(checked.raw)
