"""One payer's answer to one question, normalised (domain.md, "The result").

Nothing here is invented: a value that the payer did not give is None, a yes/no may be unknown,
an amount has a currency only when the payer named one, and a copay written as prose stays
prose. A copay's cap and a deductible are different things and have different fields.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import core_schema

NORMALISER_VERSION = 1
"""Rises when the same payer answer would be read differently; stored with every result."""


_PLAIN_DIGITS = re.compile(r"[0-9]{1,10}(\.[0-9]{1,4})?")


def _decimal(value: object) -> Decimal:
    """A number in plain digits, exact: never through a float, never with an exponent.

    pydantic's own Decimal would take floats and exponents, and its limit on the digits costs
    more than this whole function.
    """
    text = format(value, "f") if isinstance(value, Decimal) else value
    if isinstance(text, int) and not isinstance(text, bool):
        text = str(text)
    if not isinstance(text, str) or not _PLAIN_DIGITS.fullmatch(text):
        raise ValueError("must be a number from 0 in plain digits, at most 4 of them decimals")
    return Decimal(text)


def _at_most(limit: int) -> Callable[[object], Decimal]:
    """A reader of numbers between 0 and `limit`."""

    def read(value: object) -> Decimal:
        number = _decimal(value)
        if number > limit:
            raise ValueError(f"must be at most {limit}")
        return number

    return read


_AS_TEXT = PlainSerializer(str, return_type=str, when_used="json-unless-none")
_SCHEMA = WithJsonSchema({"type": "string", "pattern": f"^{_PLAIN_DIGITS.pattern}$"})

Amount = Annotated[Decimal, PlainValidator(_decimal), _AS_TEXT, _SCHEMA]
"""A sum of money, without its currency: up to ten digits before and four after the point."""

Percent = Annotated[Decimal, PlainValidator(_at_most(100)), _AS_TEXT, _SCHEMA]
"""A share of the bill, 0 to 100."""

Confidence = Annotated[Decimal, PlainValidator(_at_most(1)), _AS_TEXT, _SCHEMA]
"""How sure the reader of a free text is, 0 to 1."""


class _Word(StrEnum):
    """A word of ours. It is written as the text that it is: pydantic would ask each member for its
    value, which costs more than the writing."""

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        text = core_schema.simple_ser_schema("str")
        return cast(core_schema.CoreSchema, {**handler(source), "serialization": text})


class Service(_Word):
    """What a benefit is about."""

    CONSULTATION = "consultation"
    LAB = "lab"
    RADIOLOGY = "radiology"
    PHARMACY = "pharmacy"
    PROCEDURE = "procedure"
    DENTAL = "dental"
    OPTICAL = "optical"
    MATERNITY = "maternity"
    PHYSIOTHERAPY = "physiotherapy"
    PSYCHIATRY = "psychiatry"
    INPATIENT = "inpatient"
    EMERGENCY = "emergency"
    WELLNESS = "wellness"
    OTHER = "other"


class Coverage(_Word):
    """Whether the policy pays for a service."""

    COVERED = "covered"
    NOT_COVERED = "not_covered"
    CONDITIONAL = "conditional"
    UNKNOWN = "unknown"


class Need(_Word):
    """Whether something (a pre-approval, a referral) is needed first."""

    YES = "yes"
    NO = "no"
    CONDITIONAL = "conditional"
    UNKNOWN = "unknown"


class _Part(BaseModel):
    """A piece of an answer: immutable, and closed so that a misspelt field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Member(_Part):
    """The insured person as the payer knows them; identifiers as the payer writes them."""

    name: str | None = None
    dob: date | None = None
    gender: str | None = None
    relationship: str | None = None
    phone: str | None = None
    emirates_id: str | None = None
    member_id: str | None = None
    regulator_member_id: str | None = None
    card: str | None = None
    policy: str | None = None


class Policy(_Part):
    """The contract behind the card.

    `authority` is the regulator (DHA, DOH, MOHAP). `end_is_placeholder` is true when the payer
    writes a date such as 2099-12-31 for "no end known". `waiting_period` is the payer's text.
    """

    authority: str | None = None
    plan: str | None = None
    package: str | None = None
    sponsor: str | None = None
    start: date | None = None
    end: date | None = None
    end_is_placeholder: bool | None = None
    is_vip: bool | None = None
    is_gatekeeper: bool | None = None
    waiting_period: str | None = None


class Network(_Part):
    """A network of providers open to the member. `applies_to` names the kind of visit."""

    name: str
    code: str | None = None
    applies_to: str | None = None
    status: str | None = None


class Benefit(_Part):
    """What the policy pays, and the patient, for one service in one setting.

    `service_raw` is the payer's own name of it; `setting` where it is given (outpatient,
    inpatient), `network_tier` at whose providers. `currency` holds for every amount of the
    benefit. A scope says how often ("visit", "year"). `citation` is the payer's own sentence.
    """

    service: Service
    service_raw: str | None = None
    setting: str | None = None
    network_tier: str | None = None
    coverage: Coverage = Coverage.UNKNOWN
    copay_amount: Amount | None = None
    copay_percent: Percent | None = None
    copay_text: str | None = None
    coinsurance_percent: Percent | None = None
    copay_cap_amount: Amount | None = None
    copay_cap_scope: str | None = None
    deductible_amount: Amount | None = None
    deductible_scope: str | None = None
    currency: str | None = None
    limit_amount: Amount | None = None
    limit_scope: str | None = None
    limit_text: str | None = None
    pre_approval: Need = Need.UNKNOWN
    pre_approval_threshold: Amount | None = None
    referral: Need = Need.UNKNOWN
    citation: str | None = None
    confidence: Confidence | None = None


class Document(_Part):
    """A paper that came with the answer. `file` is our stored copy's key, never a payer's link."""

    kind: str
    title: str | None = None
    sha256: str | None = None
    file: str | None = None


class Answer(_Part):
    """The whole of what one payer said, stored as JSON; what it left open is not stored at all.

    `payer_code` is ours, `payer_name` the payer's own word for itself. `resolved_by_search` is
    true when we asked a search and it found the payer.
    """

    payer_code: str | None = None
    payer_name: str | None = None
    resolved_by_search: bool = False
    member: Member = Member()
    policy: Policy = Policy()
    networks: tuple[Network, ...] = ()
    benefits: tuple[Benefit, ...] = ()
    remarks: tuple[str, ...] = ()
    documents: tuple[Document, ...] = ()
    normaliser_version: int = NORMALISER_VERSION
