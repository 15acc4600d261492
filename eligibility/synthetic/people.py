"""Made-up members: who the synthetic payer says holds a card."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from eligibility.identifiers import make_emirates_id
from eligibility.synthetic.draw import Draw
from eligibility.synthetic.magic import MAGIC_YEAR
from eligibility.synthetic.question import Question

_GIVEN: Final = {
    "female": ("Aisha", "Fatima", "Maryam", "Noura", "Priya", "Grace", "Leila", "Sofia"),
    "male": ("Ahmed", "Khalid", "Omar", "Rashid", "Arjun", "Daniel", "Yusuf", "Mateo"),
}
_FAMILY: Final = ("Al Suwaidi", "Haddad", "Kapoor", "Santos", "Mansour", "Khan", "Rossi", "Nasser")
_RELATIONSHIPS: Final = ("Principal", "Principal", "Spouse", "Child")
_FIELD_OF_ID_TYPE: Final = {
    "EMIRATESID": "emirates_id",
    "CARDNUMBER": "card",
    "DHAMEMBERID": "regulator_member_id",
    "POLICYNUMBER": "policy",
}


def member(question: Question, draw: Draw) -> dict[str, Any]:
    """The member behind the identifier: what the row says of them, the rest made up.

    Numbers that nobody asked about carry SYN or lie in the year 1901, so that none of them can
    be a living person's.
    """
    gender = draw.pick(("female", "male"))
    serial = draw.below(10_000_000)
    made_up_name = f"{draw.pick(_GIVEN[gender])} {draw.pick(_FAMILY)}"
    person = {
        "name": question.name or made_up_name,
        "dob": _dob(question, draw),
        "gender": gender,
        "relationship": draw.pick(_RELATIONSHIPS),
        "emirates_id": make_emirates_id(MAGIC_YEAR + 1, serial),
        "member_id": f"SYN{serial:07d}-01",
        "regulator_member_id": f"SYNT-{serial % 1000:03d}-{serial:09d}-01",
        "card": f"SYN{serial:07d}",
        "policy": f"SYN/{serial % 9000 + 1000}/{draw.below(9) + 1}",
    }
    if field := _FIELD_OF_ID_TYPE.get(question.id_type):
        person[field] = question.id_value
    return person


def _dob(question: Question, draw: Draw) -> str:
    """The row's date of birth, else one in the year that the Emirates ID names, else any."""
    month_day = f"{draw.below(12) + 1:02d}-{draw.below(28) + 1:02d}"
    year = 1950 + draw.below(70)
    if question.dob and _is_date(question.dob):
        return question.dob
    written = question.number[3:7]
    if question.id_type == "EMIRATESID" and written.isascii() and written.isdecimal():
        year = int(written) if 1920 <= int(written) < question.day().year else year
    return f"{year}-{month_day}"


def _is_date(text: str) -> bool:
    """Whether the text is an ISO date."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
