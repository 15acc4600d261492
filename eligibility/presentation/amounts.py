"""Sums, shares and scopes in words. Nothing is added that the payer did not say."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

Stored = Mapping[str, Any]

NOT_STATED = "Not stated"
NO_CURRENCY = "currency not stated"

_SCOPES = {
    "visit": "a visit",
    "year": "a year",
    "day": "a day",
    "claim": "a claim",
    "prescription": "a prescription",
    "policy": "over the policy",
    "lifetime": "in a lifetime",
}


def sum_of(amount: Any, currency: str | None) -> str:
    """ "1,000 AED"; a sum whose currency nobody named says so. Empty when there is no sum."""
    number = _number(amount)
    if number is None:
        return ""
    whole = number == number.to_integral_value()
    text = f"{number:,.0f}" if whole else f"{number:,.2f}"
    if not whole and number != round(number, 2):
        text = f"{number.normalize():,f}"
    return f"{text} {currency}" if currency else f"{text} ({NO_CURRENCY})"


def share_of(percent: Any) -> str:
    """ "20 %"; empty when there is none."""
    number = _number(percent)
    return "" if number is None else f"{number.normalize():f} %"


def scoped(text: str, scope: str | None) -> str:
    """ "50 AED a visit"; a scope of the payer's own is repeated as it is."""
    if not text or not scope:
        return text
    return f"{text} {_SCOPES.get(scope.lower(), f'per {scope}')}"


def is_zero(value: Any) -> bool:
    """Whether a sum or share was stated, as nothing."""
    return _number(value) == 0


def _number(value: Any) -> Decimal | None:
    if value in (None, ""):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
