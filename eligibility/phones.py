"""Whether a phone number looks right in a clinic's region.

The rules are those of the `phonenumbers` library and its metadata; no prefix is written here. One
parse of the library takes 30-50 microseconds, so a number that fits its region's own patterns is
taken without one, and only what does not fit is put to the library.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from phonenumbers import NumberParseException, PhoneMetadata, is_valid_number, parse

_KINDS = (
    "mobile",
    "fixed_line",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "personal_number",
    "voip",
    "pager",
    "uan",
)
_SEPARATORS = str.maketrans("", "", " -().")


def phone_looks_right(phone: str, region: str) -> bool:
    """Whether the number exists by its region's numbering plan, or anywhere when it has a "+".

    `region` is a two-letter code (ISO 3166-1). Without a known region only numbers with a "+"
    can be judged; the others are taken.
    """
    return phone_check(region)(phone)


@lru_cache(maxsize=256)
def phone_check(region: str) -> Callable[[str], bool]:
    """`phone_looks_right` of one region, made once: the road of bulk rows."""
    plan = PhoneMetadata.metadata_for_region(region)
    if plan is None:
        return lambda phone: not phone.lstrip().startswith("+") or _library_takes(phone, None)
    usual = _usual_number(plan).fullmatch

    def looks_right(phone: str) -> bool:
        return (
            usual(phone) is not None
            or usual(phone.translate(_SEPARATORS)) is not None
            or _library_takes(phone, region)
        )

    return looks_right


def _usual_number(plan: PhoneMetadata) -> re.Pattern[str]:
    """The region's whole numbers: national, with its trunk prefix, or with its country code."""
    descriptions = (getattr(plan, kind) for kind in _KINDS)
    patterns = [d.national_number_pattern for d in descriptions if d and d.national_number_pattern]
    national = "|".join(f"(?:{pattern})" for pattern in patterns)
    # What begins like a call abroad ("00…") is one to the library, whatever follows.
    at_home = rf"(?!{plan.international_prefix or '$'})(?:{plan.national_prefix or ''})?"
    return re.compile(rf"(?:\+{plan.country_code}|{at_home})(?:{national})", re.ASCII)


@lru_cache(maxsize=4096)
def _library_takes(phone: str, region: str | None) -> bool:
    try:
        return is_valid_number(parse(phone, region))
    except NumberParseException:
        return False
