"""Row validation for records: what a request's rows say, and how much it matters. Pure and fast.

A clean row costs one pydantic call, which refuses keys that are not documented, and a look-up or
pattern per value. Only a row with a fault takes the long way, which finds every fault at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from portal.intake.text import Unstorable, excerpt, list_unstorable, storable
from records.outline import outline_of
from records.rules import npi, practitioner, shape, supervisors, unknown
from records.rules.base import Checked, Facts, Record
from records.rules.findings import MOST_NAMED, Findings, Guesses
from records.rules.ids import judge_integration
from records.schemas import CONFIG_TYPES, PLACE, ROWS, Practitioner

Rules = Callable[[Any, Findings, Facts], None]

RULES: Final[Mapping[type[Any], Rules]] = {Practitioner: practitioner.judge}
"""A config's class → its rules; a class without any has its shape checked only."""

_VALIDATE: Final = {kind: each.validator.validate_python for kind, each in ROWS.items()}
_OUTLINES: Final = {kind: outline_of(each) for kind, each in CONFIG_TYPES.items()}


def check_records(
    rows: Sequence[Any], *, profile: str, facts: Facts, suspicious: bool = True
) -> list[Checked]:
    """Check every row; the answer has one entry for each, in their order. Never raises.

    `profile` is `lenient` or `strict` (`severity`). `suspicious=False` says that the caller has
    looked at the whole body and no row can hold what a database cannot store
    (`portal.intake.text`): then no row is walked. Pointers are relative to the row.
    """
    checker = _Checker(rows, profile, facts)
    check = checker.check_suspicious if suspicious else checker.check
    checked = [check(index, raw) for index, raw in enumerate(rows)]
    checker.tell_shared_npis(checked)
    return checked


class _Checker:
    """The rules of one request, applied row by row."""

    def __init__(self, rows: Sequence[Any], profile: str, facts: Facts) -> None:
        self.profile = profile
        self.facts = facts
        self.guesses = Guesses()
        self.chains = supervisors.Chains(rows, facts)
        self.npis = npi.Shared()

    def check_suspicious(self, index: int, raw: Any) -> Checked:
        """One row that may hold what cannot be stored: said first, whatever else is wrong."""
        faults = list_unstorable(raw)
        return self._check_unstorable(index, raw, faults) if faults else self.check(index, raw)

    def check(self, index: int, raw: Any) -> Checked:
        """One row; `raw` is whatever the request held at its place."""
        found = Findings(self.profile, self.guesses)
        row = self._row(index, raw, found)
        if row is not None and not found.errors:
            self.npis.note(index, row)
        return Checked(row, raw, found.errors, found.warnings)

    def tell_shared_npis(self, checked: list[Checked]) -> None:
        """Say so where two records of one request have the same number."""
        for index, number in self.npis.found():
            if any(issue.code == "npi.shared" for issue in checked[index].warnings):
                continue
            found = Findings(self.profile, self.guesses)
            npi.add_shared(number, found)
            checked[index].errors += found.errors
            checked[index].warnings += found.warnings

    def _check_unstorable(self, index: int, raw: Any, faults: list[Unstorable]) -> Checked:
        found = Findings(self.profile, self.guesses)
        for pointer, reason in faults:
            found.add(pointer, "text.unstorable", f"This {reason} and cannot be stored.")
        found.count_the_rest()
        follows = shape.is_under(pointer for pointer, _ in faults)
        others = Findings(self.profile, self.guesses, follows)
        clean = storable(raw)
        self._row(index, clean, others)
        found.take(others)
        return Checked(None, clean, found.errors, found.warnings)

    def _row(self, index: int, raw: Any, found: Findings) -> Record | None:
        if raw.__class__ is not dict:
            message = "A row must be an object with the fields of one record."
            found.add("", "row.type", message, excerpt(raw))
            return None
        config: Any = raw.get("config")
        kind = config.get("type") if config.__class__ is dict else None
        if kind.__class__ is not str or kind not in ROWS:
            unknown.look_at_row(raw, found)
            self._refuse_config(raw, config, found)
            return None
        try:
            row = _VALIDATE[kind](raw, extra="forbid")
        except ValidationError as error:
            return self._row_of_odd_shape(index, raw, kind, error, found)
        record = self._judge(row, kind, None, index, found)
        found.count_the_rest()
        return record

    def _row_of_odd_shape(
        self, index: int, raw: dict[str, Any], kind: str, error: ValidationError, found: Findings
    ) -> Record | None:
        """A row of a wrong shape, or only with keys that are not documented."""
        unknown.look_at_row(raw, found)
        faults = error.errors(include_url=False, include_input=False)
        errors = [each for each in faults if each["type"] != "extra_forbidden"]
        if errors:
            self._refuse_shape(index, raw, kind, errors, found)
            return None
        record = self._judge(_VALIDATE[kind](raw), kind, raw["config"], index, found)
        found.count_the_rest()
        return record

    def _refuse_config(self, raw: dict[str, Any], config: Any, found: Findings) -> None:
        """A row of no known type: only its place can be judged."""
        if isinstance(config, dict):
            shape.refuse_type(config, found)
        else:
            shape.refuse_config(raw, found)
        try:
            place = PLACE.validator.validate_python(raw)
        except ValidationError as error:
            shape.refuse(error.errors(include_url=False, include_input=False), raw, found)
        else:
            judge_integration(place.get("integrationId"), found, self.facts)
        found.count_the_rest()

    def _refuse_shape(
        self,
        index: int,
        raw: dict[str, Any],
        kind: str,
        errors: list[ErrorDetails],
        found: Findings,
    ) -> None:
        """A row of a wrong shape: its shape's faults, and those of all that is right in shape.

        A row with more faults of shape than anybody reads is not looked at any further.
        """
        shape.refuse(errors, raw, found)
        found.count_the_rest()
        if len(errors) <= MOST_NAMED:
            found.take(self._judge_the_rest(index, kind, raw, errors))

    def _judge_the_rest(
        self, index: int, kind: str, raw: dict[str, Any], errors: list[ErrorDetails]
    ) -> Findings:
        """What is wrong with the values that are right in shape."""
        copy = shape.healed(raw, errors)
        follows = shape.is_under(shape.pointer_of(each["loc"]) for each in errors)
        others = Findings(self.profile, self.guesses, follows)
        self._judge(_VALIDATE[kind](copy), kind, copy["config"], index, others)
        others.count_the_rest()
        return others

    def _judge(
        self,
        row: dict[str, Any],
        kind: str,
        given: dict[str, Any] | None,
        index: int,
        found: Findings,
    ) -> Record:
        """What the row says beyond its shape.

        `given` is its config as it was sent, None when all its keys are known to be documented.
        """
        outline, config = _OUTLINES[kind], row["config"]
        record = Record(row["logicalId"], row["integrationId"], config)
        judge_integration(record.integration_id, found, self.facts)
        if given is not None:
            unknown.look_into(given, outline, found, "/config")
        rules = RULES.get(outline.shape)
        if rules is not None:
            rules(config, found, self.facts)
        own = self.facts.own_ids.get(index)
        supervisors.judge(config["supervisorId"], own, found, self.facts, self.chains)
        return record
