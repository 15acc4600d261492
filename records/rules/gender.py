"""`gender.value`: male, female, other, unknown. The letters M, F, U and X are understood."""

from __future__ import annotations

from typing import Final

from portal.intake.spelling import Speller
from records.rules.base import Facts
from records.rules.findings import Findings
from records.schemas import Practitioner

GENDERS: Final = ("male", "female", "other", "unknown")
_LETTERS: Final = {"m": "male", "f": "female", "u": "unknown", "x": "other"}
_UNDERSTOOD: Final = {
    **{word: word for word in GENDERS},
    **_LETTERS,
    **{letter.upper(): word for letter, word in _LETTERS.items()},
}
_MEANT: Final = Speller(
    {
        "male": ("man", "boy", "mr", "masculine", "ذكر"),
        "female": ("woman", "girl", "mrs", "ms", "feminine", "أنثى"),
        "other": ("diverse", "nonbinary", "o"),
        "unknown": ("not known", "not stated", "undisclosed", "none", "n/a", "unspecified"),
    }
)


def understood(text: str | None) -> str | None:
    """One of the four words that this value stands for beyond doubt; None for anything else."""
    return _UNDERSTOOD.get(text) if text else None


def judge(config: Practitioner, found: Findings, facts: Facts) -> None:
    """A gender that is none of the four words nor one of their letters."""
    gender = config["gender"]
    if not gender or gender in _UNDERSTOOD:
        return
    message = "A gender is male, female, other or unknown (or M, F, X, U)."
    suggestion = understood(gender.strip().lower()) or found.guesses.suggest(_MEANT, gender)
    found.add("/config/gender", "gender.value", message, gender, suggestion)
