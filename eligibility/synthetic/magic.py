"""Magic identifiers: numbers that steer the synthetic payer where extra_args cannot be sent.

Each behaviour has a card number and an Emirates ID. The Emirates IDs have a right check digit
and lie in the year 1900, where no living person's number does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from eligibility.identifiers import make_emirates_id, search_key
from eligibility.synthetic.script import BrokenScript, Script, parse_script

SYNTHETIC_PREFIX: Final = "SYN-"
"""Starts every magic card number; no real payer issues such numbers."""

MAGIC_YEAR: Final = 1900
"""The year of birth in the magic Emirates IDs; MAGIC_YEAR + 1 is that of made-up members."""


@dataclass(frozen=True, slots=True)
class Magic:
    """One behaviour: its two identifiers, the script they stand for, and what one sees."""

    card: str
    emirates_id: str
    script: str
    meaning: str


_BEHAVIOURS: Final = (
    ("ELIGIBLE", "outcome=eligible", "Eligible, with plan, networks and benefits"),
    ("NOT-ELIGIBLE", "outcome=not_eligible", "Not eligible: the policy has ended"),
    ("MEMBER-NOT-FOUND", "outcome=member_not_found", "The payer does not know the member"),
    ("AMBIGUOUS-MEMBER", "outcome=ambiguous_member", "Several members match"),
    ("UNDETERMINED", "outcome=undetermined", "The payer could not say"),
    ("PARTIAL", "outcome=partial", "Says of itself that not all have answered"),
    ("INPUT-INVALID", "failure=input_invalid", "The payer refuses the row as it is"),
    ("IDENTITY-MISMATCH", "failure=identity_mismatch", "Known under other details"),
    ("PAYER-UNSUPPORTED", "failure=payer_unsupported", "The payer cannot be asked this way"),
    ("PROVIDER-NOT-ENROLLED", "failure=provider_not_enrolled", "The clinic is not known"),
    ("CREDENTIALS", "failure=credentials", "HTTP 401: our login is refused"),
    ("THROTTLED", "throttle=2", "HTTP 429 with Retry-After: 2, every time"),
    ("PAYER-UNAVAILABLE", "failure=payer_unavailable", "HTTP 503, every time"),
    ("TIMEOUT", "failure=timeout", "No answer, every time"),
    ("BAD-RESPONSE", "failure=bad_response", "An answer that is not JSON, every time"),
    ("INTERNAL", "failure=internal", "Shown as a fault of the portal"),
    ("SLOW", "delay=3000", "The usual answer after three seconds"),
    ("LATER", "later=2", "The usual answer two seconds later, by polling"),
    ("HANG", "hang", "Takes the call, never answers, knows nothing of it afterwards"),
    ("LOST", "lost", "Works it out, but the answer never arrives: reconcile finds it"),
    ("DRIP", "drip", "A byte now and then, for ever"),
    ("GARBAGE", "garbage", "Not JSON"),
    ("OTHER-MEMBER", "other_member", "Answers for somebody else"),
    ("OVERSIZE", "oversize", "Far more than 1 MiB"),
    ("REFUSED", "refused", "Closes the connection without an answer"),
    ("ERROR-500", "500", "HTTP 500"),
    ("FLAKY", "failure=payer_unavailable;times=2", "HTTP 503 twice, then the usual answer"),
    ("HANG-ONCE", "hang;times=1", "No answer once, then the usual answer"),
    ("THROTTLE-ONCE", "throttle=1;times=1", "HTTP 429 once, then the usual answer"),
    ("GARBAGE-ONCE", "garbage;times=1", "Not JSON once, then the usual answer"),
)


def canonical(identifier: str) -> str:
    """The letters and digits of an identifier: two spellings of one number come out equal."""
    return search_key("", identifier)


MAGIC: Final = tuple(
    Magic(SYNTHETIC_PREFIX + name, make_emirates_id(MAGIC_YEAR, serial), script, meaning)
    for serial, (name, script, meaning) in enumerate(_BEHAVIOURS, start=1)
)
"""The documented table."""

_SCRIPTS: Final[Mapping[str, str]] = {
    canonical(identifier): magic.script
    for magic in MAGIC
    for identifier in (magic.card, magic.emirates_id)
}


def magic_script(identifier: str) -> Script | BrokenScript | None:
    """The script of a magic identifier, None for every other one.

    A card number that only looks magic is broken: a typing error must not pass for an answer.
    """
    number = canonical(identifier)
    if (text := _SCRIPTS.get(number)) is not None:
        return parse_script(text)
    if identifier.lstrip().upper().startswith(SYNTHETIC_PREFIX):
        return BrokenScript(identifier.strip()[:40])
    return None
