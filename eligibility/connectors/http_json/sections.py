"""The parts of a connection's settings that read: spelling, meanings, parts of an answer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from eligibility.connectors.http_json import tables
from eligibility.connectors.http_json.dates import DateForm
from eligibility.connectors.http_json.expressions import Expression
from eligibility.connectors.http_json.requests import Section, Text

Seconds = Annotated[float, Field(ge=0.2, le=86_400, allow_inf_nan=False)]


class Codes(Section):
    """The payer's spelling of what a question says."""

    id_types: Annotated[
        tables.Table,
        Field(
            title="Kinds of identifier",
            description="A line each: ours = the payer's, such as EMIRATESID = EID. Empty: ours. "
            "With lines, a kind that is not listed cannot be asked.",
        ),
    ] = {}
    visit_types: Annotated[
        tables.Table,
        Field(title="Visits", description="In the same way, such as OUTPATIENT = OP."),
    ] = {}
    payers: Annotated[
        tables.Table,
        Field(title="Payers", description="Our code = the payer's, where it wants one."),
    ] = {}
    dates: Annotated[DateForm, Field(title="Dates")] = "YYYY-MM-DD"
    id_value: Annotated[
        Literal["as_given", "plain"],
        Field(
            title="Identifier is sent",
            description="plain: letters and digits only, 784-1990-… becomes 7841990….",
        ),
    ] = "as_given"


class Reading(Section):
    """What an answer means: JMESPath expressions find the words, tables say what they mean."""

    outcome: Annotated[
        Expression,
        Field(
            title="Outcome", description="Where the answer's word stands, such as member.status."
        ),
    ] = ""
    outcomes: Annotated[
        tables.OutcomeTable,
        Field(
            title="Meaning of the outcome",
            description="A line each: the payer's word = eligible, not_eligible, "
            "member_not_found, ambiguous_member, undetermined, later, or a failure with words "
            "for staff behind a semicolon. What is not listed is undetermined.",
        ),
    ] = {}
    error: Annotated[
        Expression,
        Field(title="Error code", description="Where an error's code stands, when there is one."),
    ] = ""
    errors: Annotated[
        tables.ErrorTable,
        Field(
            title="Meaning of the error",
            description="A line each, such as E42 = credentials; The payer locked our login.",
        ),
    ] = {}
    statuses: Annotated[
        tables.StatusTable,
        Field(
            title="Meaning of the HTTP status",
            description="Where it differs from the usual, such as 404 = member_not_found.",
        ),
    ] = {}
    handle: Annotated[
        Expression,
        Field(
            title="Handle",
            description="Where the first answer says under which number to ask again. "
            "Needed when the payer answers later.",
        ),
    ] = ""
    look_after: Annotated[
        Expression,
        Field(title="Ask again after", description="Where the payer says in how many seconds."),
    ] = ""
    look_after_seconds: Annotated[
        Seconds, Field(title="… or else after (seconds)", description="When it does not say.")
    ] = 5.0
    echo: Annotated[
        Expression,
        Field(
            title="Echo",
            description="Where the payer repeats whom or what it answers. Something else there "
            "means that the answer is about another patient: it is refused.",
        ),
    ] = ""
    echo_of: Annotated[
        Literal["reference", "id_value"],
        Field(title="The echo is our", description="The {reference} we sent, or the identifier."),
    ] = "reference"


class AnswerMap(Section):
    """Where the answer's parts stand; each a JMESPath expression. Empty: the payer says nothing."""

    payer_name: Annotated[Expression, Field(title="Payer's name")] = ""
    name: Annotated[Expression, Field(title="Member's name")] = ""
    dob: Annotated[Expression, Field(title="Date of birth")] = ""
    gender: Annotated[Expression, Field(title="Gender")] = ""
    relationship: Annotated[Expression, Field(title="Relationship")] = ""
    phone: Annotated[Expression, Field(title="Phone")] = ""
    emirates_id: Annotated[Expression, Field(title="Emirates ID")] = ""
    member_id: Annotated[Expression, Field(title="Member number")] = ""
    regulator_member_id: Annotated[Expression, Field(title="Regulator's member number")] = ""
    card: Annotated[Expression, Field(title="Card number")] = ""
    policy: Annotated[Expression, Field(title="Policy number")] = ""
    authority: Annotated[Expression, Field(title="Authority")] = ""
    plan: Annotated[Expression, Field(title="Plan")] = ""
    package: Annotated[Expression, Field(title="Package")] = ""
    sponsor: Annotated[Expression, Field(title="Sponsor")] = ""
    start: Annotated[Expression, Field(title="Valid from")] = ""
    end: Annotated[Expression, Field(title="Valid until")] = ""
    is_vip: Annotated[Expression, Field(title="VIP")] = ""
    is_gatekeeper: Annotated[Expression, Field(title="Gatekeeper")] = ""
    waiting_period: Annotated[Expression, Field(title="Waiting period")] = ""
    networks: Annotated[
        Expression,
        Field(
            title="Networks",
            description="A list of {name, code, applies_to, status}, such as "
            "networks[].{name: title, code: id}.",
        ),
    ] = ""
    benefits: Annotated[
        Expression,
        Field(
            title="Benefits",
            description="A list of {service, service_raw, setting, network_tier, coverage, "
            "copay_amount, copay_percent, copay_text, coinsurance_percent, copay_cap_amount, "
            "copay_cap_scope, deductible_amount, deductible_scope, currency, limit_amount, "
            "limit_scope, limit_text, pre_approval, pre_approval_threshold, referral, citation}.",
        ),
    ] = ""
    services: Annotated[
        tables.ServiceTable,
        Field(title="Meaning of a service", description="Such as GP visit = consultation."),
    ] = {}
    coverages: Annotated[
        tables.CoverageTable,
        Field(title="Meaning of a coverage", description="Such as Y = covered."),
    ] = {}
    remarks: Annotated[
        Expression, Field(title="Remarks", description="A text, or a list of texts.")
    ] = ""
    not_said: Annotated[
        tuple[Text, ...],
        Field(
            title="Words that say nothing",
            description="With commas, beside the usual ones (N/A, Not Mentioned, …).",
        ),
    ] = ()
