"""National Provider Identifiers: ten digits whose last one is a check digit.

The check digit is Luhn's over the number with 80840 in front (45 CFR 162.406; true of 2,000 of
2,000 real ones). A first digit of 1 or 2 is what the agency hands out, but published test data
begin otherwise: a warning. One number may legally stand on several records.

A wrong number has about ten repairs of one slip that pass the check, so a repair is suggested
only when exactly one of them is a known number, and never applied.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from portal.intake.luhn import luhn_is_right
from records.rules.base import Facts, Record, RegisteredNpi
from records.rules.findings import Findings
from records.schemas import Practitioner

PREFIX: Final = "80840"
LENGTH: Final = 10
POINTER: Final = "/config/npi"

_NOISE: Final = re.compile(r"^\s*npi\s*[:#]?|\.0+\s*$|[\s\-.]", re.IGNORECASE)
_DIGITS: Final = "0123456789"


def is_right(npi: str) -> bool:
    """Whether these are ten digits with the right check digit."""
    return len(npi) == LENGTH and npi.isascii() and npi.isdigit() and luhn_is_right(PREFIX + npi)


def judge(config: Practitioner, found: Findings, facts: Facts) -> None:
    """Form, check digit, first digit, other records, and what the registry says."""
    npi = config["npi"]
    if not npi or npi.isspace():
        found.add(POINTER, "npi.missing", "There is no NPI: this record cannot be told by number.")
    elif not (len(npi) == LENGTH and npi.isascii() and npi.isdigit()):
        _refuse_form(npi, found, facts)
    elif not luhn_is_right(PREFIX + npi):
        message = "The last digit does not fit the others: one of the ten is wrong."
        found.add(POINTER, "npi.checksum", message, npi, _repaired(npi, facts))
    else:
        _look_closer(npi, config["name"], found, facts)


class Shared:
    """The numbers of one request's rows, and which of them stand on two different records."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[int, tuple[str | None, str | None]]] = {}
        self._shared: dict[int, str] = {}

    def note(self, index: int, record: Record) -> None:
        """Remember the row's number. The same logical id twice is one record, not two."""
        npi = record.config.get("npi")
        if not npi:
            return
        place = (record.integration_id, record.logical_id)
        at, other = self._first.setdefault(npi, (index, place))
        if at != index and (place != other or place[1] is None) and is_right(npi):
            self._shared[at] = self._shared[index] = npi

    def found(self) -> list[tuple[int, str]]:
        """Places of rows in the request, with their number."""
        return sorted(self._shared.items())


def _refuse_form(npi: str, found: Findings, facts: Facts) -> None:
    digits = _digits_of(npi)
    if digits and len(digits) != LENGTH:
        message = f"An NPI has {LENGTH} digits; this one has {len(digits)}."
    else:
        message = f"An NPI is {LENGTH} digits and nothing else."
    suggestion = digits if is_right(digits) else _repaired(digits, facts)
    found.add(POINTER, "npi.format", message, npi, suggestion)


def _digits_of(text: str) -> str:
    """The digits of a number written with blanks, dashes, in other numerals or as a decimal."""
    bare = _NOISE.sub("", text)
    return "".join(str(int(each)) for each in bare) if bare.isdecimal() else ""


def _look_closer(npi: str, name: str | None, found: Findings, facts: Facts) -> None:
    """What may be odd about a number that is right."""
    if npi[0] not in "12":
        message = "The agency's own numbers begin with 1 or 2; this may be one made up for tests."
        found.add(POINTER, "npi.first_digit", message, npi)
    if facts.shared_npis is not None and npi in facts.shared_npis:
        add_shared(npi, found)
    if facts.npi_registry is not None:
        _compare(npi, name, facts.npi_registry.get(npi), found)


def add_shared(npi: str, found: Findings) -> None:
    """The number stands on another record as well."""
    message = "This NPI stands on another record too. That may be right: look whether it is."
    found.add(POINTER, "npi.shared", message, npi)


def _compare(npi: str, name: str | None, known: RegisteredNpi | None, found: Findings) -> None:
    """The registry's word on this number: a person, in force, of this name."""
    if known is None:
        message = "The loaded registry does not have this number."
    elif not known.is_person:
        message = "The registry says that this number is an organisation's."
    elif not known.is_active:
        message = "The registry says that this number was deactivated."
    elif name and known.name and not _same_person(name, known.name):
        message = f"The registry says that this number is {known.name}'s."
    else:
        return
    found.add(POINTER, "npi.registry", message, npi)


def _same_person(ours: str, theirs: str) -> bool:
    """Whether all words of the shorter name stand in the longer one: titles come and go."""
    few, many = sorted((_words(ours), _words(theirs)), key=len)
    return few <= many or len(few & many) >= 2


def _words(name: str) -> set[str]:
    return {word for word in re.findall(r"\w+", name.casefold()) if len(word) > 1}


def _repaired(digits: str, facts: Facts) -> str | None:
    """The one known number that is one slip away; None when there is none, or more than one."""
    known: Collection[str] = facts.npi_registry or ()
    if not known or not LENGTH - 1 <= len(digits) <= LENGTH + 1:
        return None
    right = {each for each in one_slip_away(digits) if each in known and is_right(each)}
    return right.pop() if len(right) == 1 else None


def one_slip_away(digits: str) -> Iterator[str]:
    """The ten-digit numbers that one slip of typing turns into these digits.

    A slip is one digit mistyped, two neighbours swapped, one left out or one too many.
    """
    places = range(len(digits))
    if len(digits) == LENGTH:
        for at in places:
            yield from (digits[:at] + each + digits[at + 1 :] for each in _DIGITS)
        for at in places[:-1]:
            yield digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
    elif len(digits) == LENGTH - 1:
        for at in range(LENGTH):
            yield from (digits[:at] + each + digits[at:] for each in _DIGITS)
    else:
        yield from (digits[:at] + digits[at + 1 :] for at in places)
