"""Made-up practitioners for the benchmarks, from a seed: the same every time, nobody's data."""

from __future__ import annotations

import json
import random
from typing import Any

from portal.intake.luhn import luhn_digit
from records.models import TaxonomyCode
from tests.benchmarks.rows import FAMILY, GIVEN

INTEGRATION = "5eb7cf5a86d9755df3a6c593"
CODES = 880
"""As many as a published taxonomy has."""
EVERY = 100
"""One row in a hundred is invalid, and one comes twice or is stored already."""
LANGUAGES = ("en", "ar", "hi", "ur", "tl", "fr", "pt-BR")
CITIES = ("Marina", "Deira", "Al Barsha", "Jumeirah", "Sharjah", "الشارقة")
WEEK = ("mon", "tue", "wed", "thu", "fri")


def load_codes() -> None:
    """A taxonomy of the usual size, so that the rules about it are on."""
    TaxonomyCode.objects.bulk_create(
        TaxonomyCode(code=_code(number), display_name=f"Specialty {number}")
        for number in range(CODES)
    )


def known_rows(count: int) -> list[dict[str, Any]]:
    """The rows whose records are stored before the request comes."""
    dice = random.Random(2)
    return [_row(dice, f"KNOWN-{number:06d}") for number in range(count // EVERY // 2)]


def make_rows(count: int, *, seed: int = 1) -> list[dict[str, Any]]:
    """`count` rows: one in a hundred is invalid; half as many come twice, or are known rows."""
    dice, known = random.Random(seed), known_rows(count)
    rows = [_row(dice, f"L-{number:06d}") for number in range(count)]
    for place in range(EVERY // 2, count, EVERY):
        rows[place]["config"]["supervisorId"] = "nobody"
    twice = range(EVERY - 1, count, 2 * EVERY)
    for place in twice:
        rows[place]["logicalId"] = rows[place - EVERY + 1]["logicalId"]
    for place, row in zip(range(2 * EVERY - 1, count, 2 * EVERY), known, strict=False):
        rows[place]["logicalId"] = row["logicalId"]
    return rows


def make_body(rows: list[dict[str, Any]]) -> bytes:
    """The rows as the body of a request."""
    return json.dumps(rows).encode()


def _code(number: int) -> str:
    return f"{number:03d}Q00000X"


def _row(dice: random.Random, logical_id: str) -> dict[str, Any]:
    return {"logicalId": logical_id, "integrationId": INTEGRATION, "config": _config(dice)}


def _config(dice: random.Random) -> dict[str, Any]:
    code = dice.randrange(CODES)
    return {
        "type": "practitioners",
        "organizationId": f"ORG-{dice.randrange(20)}",
        "id": f"P-{dice.randrange(10**8):08d}",
        "npi": _npi(dice),
        "name": f"Dr. {dice.choice(GIVEN)} {dice.choice(FAMILY)}",
        "gender": dice.choice(("male", "female", "unknown")),
        "avatar": f"https://portal.example/faces/{dice.randrange(10**6)}.png",
        "summary": "Sees new and returning patients of all ages, by appointment or on the day.",
        "qualification": dice.choice(("MD", "MBBS, FRCS", "DO")),
        "education": "University of a Made-up City, residency at a made-up hospital",
        "supervisorId": None,
        "status": dice.choice(("active", "active", "inactive")),
        "languages": dice.sample(LANGUAGES, 2),
        "specialties": [{"name": f"Specialty {code}", "code": _code(code)}],
        "locations": [
            {"locationId": f"LOC-{dice.randrange(40)}", "locationName": dice.choice(CITIES)}
        ],
        "workingHours": {day: _day(dice) for day in WEEK} | {"sat": [], "sun": []},
        "preferred_visiting_reasons": [INTEGRATION],
    }


def _day(dice: random.Random) -> list[dict[str, str]]:
    start = dice.choice(("08:00", "08:30", "09:00"))
    return [{"start": start, "end": "12:30"}, {"start": "13:30", "end": "17:00"}]


def _npi(dice: random.Random) -> str:
    body = f"1{dice.randrange(10**8):08d}"
    return body + luhn_digit("80840" + body)
