"""The demo's practitioners: most of them in order, some with the slips that real lists have.

All of them are made up. Those in order carry the licences that the sample's appointments name, so
that the form of a check knows its doctors.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from eligibility.demo.client import Client
from portal.intake.luhn import luhn_digit

_NAMES: Final = (
    *("Amna Haddad", "Basil Noor", "Carla Mendes", "Daniyal Aziz", "Elif Demir", "Farid Saleh"),
    *("Grace Thomas", "Huda Nasser", "Imran Qureshi", "Jana Petrova", "Karim Khoury"),
    *("Leila Farouk", "Maya Iyer", "Nabil Rahman", "Olga Marin", "Priya Menon", "Qasim Ali"),
    *("Rania Awad", "Sami Odeh", "Tala Mansour", "Umar Bashir", "Vera Lindt", "Wael Zaki"),
    *("Xenia Costa", "Yusuf Karam", "Zara Malik", "Adnan Sabri", "Bushra Latif", "Cyrus Amiri"),
    *("Dalia Fathi", "Emre Yilmaz", "Fatou Diallo", "Ghassan Rizk", "Hana Kim", "Ilyas Omar"),
    "Jumana Haq",
)
_SPECIALTIES: Final = (
    ("207Q00000X", "Family Medicine Physician"),
    ("207RC0000X", "Cardiovascular Disease Physician"),
    ("207N00000X", "Dermatology Physician"),
    ("122300000X", "Dentist"),
    ("225100000X", "Physical Therapist"),
)
_LANGUAGES: Final = (["en", "ar"], ["en", "hi", "ur"], ["ar", "fr"], ["en", "tl"])
_DAY: Final = [{"start": "08:30", "end": "13:00"}, {"start": "16:00", "end": "20:00"}]
_SHORT: Final = [{"start": "09:00", "end": "15:00"}]
_FIRST_LICENCE: Final = 200
_SLIPS: Final[tuple[dict[str, Any], ...]] = (
    *[{"languages": ["English", "Arabic"]}] * 6,
    *[{"gender": "woman"}] * 3,
    *[{"workingHours": {"mon": [{"start": "22:00", "end": "06:00"}]}}] * 2,
    *[{"supervisorId": "to be told"}] * 2,
    {"npi": "1000000001"},
)


@dataclass(frozen=True, slots=True)
class Practitioners:
    """What became of the practitioners of one run."""

    sent: int
    stored: int
    rejected: int

    @property
    def is_whole(self) -> bool:
        """Whether every row was answered, and only those with a slip were rejected."""
        adds_up = self.stored + self.rejected == self.sent
        return adds_up and self.rejected == len(_SLIPS)


def send_practitioners(client: Client, clinics: tuple[str, ...]) -> Practitioners:
    """Send them through the bulk endpoint, judged strictly. Raises Refused.

    A later run finds them stored already and leaves them as they are.
    """
    rows = practitioner_rows(clinics)
    answer = client.create_records(rows)
    counts = Counter(result["status"] for result in answer["results"])
    rejected = counts.pop("failed", 0)
    return Practitioners(len(rows), counts.total(), rejected)


def practitioner_rows(clinics: tuple[str, ...]) -> list[dict[str, Any]]:
    """The rows of the request: first those in order, then those with a slip."""
    good = [_row(number, clinics) for number in range(len(_NAMES))]
    slips = [_with_slip(number, slip, clinics) for number, slip in enumerate(_SLIPS)]
    return good + slips


def _row(number: int, clinics: tuple[str, ...]) -> dict[str, Any]:
    code, specialty = _SPECIALTIES[number % len(_SPECIALTIES)]
    clinic = number % len(clinics)
    return {
        "logicalId": f"STAFF-{number + 1:03d}",
        "config": {
            "type": "practitioners",
            "id": f"DHA-P-{_FIRST_LICENCE + number:07d}",
            "npi": _npi(number),
            "name": f"Dr. {_NAMES[number]}",
            "gender": ("female", "male")[number % 2],
            "status": "inactive" if number % 17 == 16 else "active",
            "languages": _LANGUAGES[number % len(_LANGUAGES)],
            "specialties": [{"code": code, "name": specialty}],
            "locations": [{"locationId": f"C-{clinic + 1}", "locationName": clinics[clinic]}],
            "workingHours": dict.fromkeys(("mon", "tue", "wed", "thu"), _DAY) | {"sat": _SHORT},
        },
    }


def _with_slip(number: int, slip: dict[str, Any], clinics: tuple[str, ...]) -> dict[str, Any]:
    row = _row(number, clinics)
    row["logicalId"] = f"NEW-{number + 1:03d}"
    name = " ".join(reversed(_NAMES[-number - 1].split()))
    row["config"] |= {"id": f"DHA-P-{900 + number:07d}", "name": f"Dr. {name}"}
    row["config"] |= {"npi": _npi(100 + number)} | slip
    return row


def _npi(number: int) -> str:
    """A made-up number with the right check digit."""
    digits = f"1{5_550_000 + number:08d}"
    return digits + luhn_digit(f"80840{digits}")
