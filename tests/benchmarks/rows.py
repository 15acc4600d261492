"""Made-up rows for the benchmarks, from a seed: the same numbers every time, nobody's data."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta
from typing import Any

from eligibility.identifiers import make_emirates_id
from eligibility.payer_file import shipped
from eligibility.payer_rules import PayerRules

GIVEN = ("Amna", "Yusuf", "Priya", "Marites", "Omar", "Layla", "Chen", "Sara", "خالد", "مريم")
FAMILY = ("Haddad", "Rahman", "Nair", "Dela Cruz", "Farouk", "Mansoor", "Wei", "Saeed", "الزعابي")
SERVICES = ("Consultation", "Laboratory", "Radiology", "")
BORN_AFTER = date(1940, 1, 1)
ID_TYPES = {"EMIRATESID": 70, "CARDNUMBER": 20, "DHAMEMBERID": 10}


def make_rows(count: int, *, run: str, seed: int = 1) -> list[dict[str, Any]]:
    """`count` rows of bulk/create-tasks, each without a fault; `run` makes references unique."""
    dice = random.Random(seed)
    payers = shipped().payers
    return [_row(dice, dice.choice(payers), f"{run}-{number:06d}") for number in range(count)]


def make_body(count: int, *, run: str, seed: int = 1) -> bytes:
    """The same rows as the body of a request."""
    return json.dumps({"requests": make_rows(count, run=run, seed=seed)}).encode()


def _row(dice: random.Random, payer: PayerRules, reference: str) -> dict[str, Any]:
    weights = {kind: weight for kind, weight in ID_TYPES.items() if kind in payer.id_types}
    id_type = dice.choices(list(weights), list(weights.values()))[0]
    born = BORN_AFTER + timedelta(days=dice.randrange(30_000))
    visit_type = dice.choice(payer.visit_types) if payer.visit_types else ""
    trimester = visit_type == "MATERNITY"
    return {
        "id_value": _identifier(dice, id_type, born),
        "id_type": id_type,
        "tpa_name": payer.code,
        "visit_type": visit_type,
        "extra_args": {
            "title": "trimester" if trimester else "",
            "value": str(dice.randint(1, 3)) if trimester else "",
        },
        "doctorName": f"DHA-P-{dice.randrange(10_000_000):07d}",
        "payerName": "",
        "name": f"{dice.choice(GIVEN)} {dice.choice(FAMILY)}",
        "dob": born.isoformat(),
        "phone": f"05{dice.choice('024568')}{dice.randrange(10_000_000):07d}",
        "serviceType": dice.choice(SERVICES) if payer.code != "TPA029" else "Consultation",
        "client_reference": reference,
    }


def _identifier(dice: random.Random, id_type: str, born: date) -> str:
    if id_type == "EMIRATESID":
        return make_emirates_id(born.year, dice.randrange(10_000_000))
    if id_type == "CARDNUMBER":
        return f"{dice.randrange(100_000_000):08d}"
    parts = dice.randrange(1000), dice.randrange(1000), dice.randrange(10**9), dice.randrange(100)
    return "I{:03d}-{:03d}-{:09d}-{:02d}".format(*parts)
