from __future__ import annotations

import pytest

from eligibility.choices import Actor, Failure, Outcome
from eligibility.presentation.counts import counted
from eligibility.presentation.failures import FAILURES, OUTCOMES, WHO_ACTS, explain
from eligibility.presentation.fields import (
    LABELS,
    message_in_words,
    row_as_pairs,
    row_in_words,
    said,
)
from eligibility.presentation.places import place
from eligibility.presentation.rejections import explain_rejection
from eligibility.schemas import WIRE_NAMES
from tests.eligibility.make_rows import check, make_row


def test_every_failure_and_every_doubtful_answer_is_explained() -> None:
    assert set(FAILURES) == set(Failure)
    assert set(OUTCOMES) == set(Outcome) - {Outcome.ELIGIBLE, Outcome.NOT_ELIGIBLE}
    assert set(WHO_ACTS) == set(Actor)
    for explanation in (*FAILURES.values(), *OUTCOMES.values()):
        assert explanation.title
        assert explanation.advice
        assert set(explanation.look_at) <= WIRE_NAMES


def test_a_plain_yes_or_no_needs_no_explanation() -> None:
    assert explain(outcome="eligible") is None
    assert explain(outcome="not_eligible") is None
    assert explain() is None


@pytest.mark.parametrize(
    ("cause", "title"),
    [
        ("visit_type.unknown/visit_type", "Visit type is not known"),
        ("id_type.unsupported/id_type", "Identifier type: this payer does not take it"),
        ("text.too_long/name", "Patient's name is too long"),
        ("emirates_id.check_digit/id_value", "Emirates ID: the check digit does not fit"),
        ("row.type", "The row is no row of a check"),
        ("field.unknown", "The row has a field that nobody knows"),
        ("something.new", "something has a fault"),
        ("", "The row has a fault"),
    ],
)
def test_a_cause_is_told_in_plain_words(cause: str, title: str) -> None:
    assert explain_rejection(cause).title == title


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("INS026 needs doctorName.", "INS026 needs Doctor."),
        ("id_value is missing or empty.", "Identifier is missing or empty."),
        (
            "TPA002 needs name when id_type is POLICYNUMBER.",
            "TPA002 needs Patient's name when Identifier type is Policy number.",
        ),
        ("phone must be text in quotes.", "Phone must be text in quotes."),
        (
            "This does not look like a phone number of the clinic's country.",
            "This does not look like a phone number of the clinic's country.",
        ),
    ],
)
def test_messages_of_the_rules_name_fields_as_pages_do(message: str, words: str) -> None:
    assert message_in_words(message) == words


def test_messages_name_payers_and_codes_as_pages_do() -> None:
    payers = {"TPA004": "NAS", "TPA002": "Nextcare"}
    takes = "No such visit type. TPA004 takes OUTPATIENT, CHRONIC_OUT or OTHER_OP."
    assert message_in_words(takes, payers) == (
        "No such visit type. NAS takes Outpatient, Chronic outpatient or Other outpatient."
    )
    meant = "No payer has this code. Did you mean TPA002, Nextcare?"
    assert message_in_words(meant, payers) == "No payer has this code. Did you mean Nextcare?"
    assert message_in_words("The DHA said NO to TPA009.", payers) == "The DHA said NO to TPA009."


def test_a_row_is_told_in_words_with_what_was_sent_beside_them() -> None:
    row = {
        "tpa_name": "TPA004",
        "id_type": "EMIRATESID",
        "visit_type": "OTHER_OP",
        "dob": "1986-05-02",
        "name": "Ali",
    }
    assert row_in_words(row, {"TPA004": "NAS"}) == [
        ("Payer", "NAS", "TPA004"),
        ("Identifier type", "Emirates ID", "EMIRATESID"),
        ("Visit type", "Other outpatient", "OTHER_OP"),
        ("Patient's name", "Ali", ""),
        ("Date of birth", "2 May 1986", "1986-05-02"),
    ]
    odd = {"tpa_name": "nobody", "visit_type": "OPD", "dob": "03/04/1986", "id_type": ["x"]}
    assert [(each.value, each.code) for each in row_in_words(odd)] == [
        ("nobody", ""),
        ("x", ""),
        ("OPD", ""),
        ("03/04/1986", ""),
    ]
    assert row_in_words("text") == [("", "text", "")]


def test_no_message_of_the_rules_shows_a_wire_name() -> None:
    odd = [name for name in LABELS if "_" in name or not name.islower()]
    broken = make_row("id_value", tpa_name="INS026", doctorName="", payerName="x" * 301)
    faults = check(broken, make_row(tpa_name="X", id_type="Y", service_date="z"), {})
    for issue in (issue for row in faults for issue in (*row.errors, *row.warnings)):
        assert not any(name in message_in_words(issue.message) for name in odd), issue.message


def test_a_row_is_read_as_pairs_in_the_order_of_the_form() -> None:
    row = {
        "zzz": "kept",
        "name": "Ali",
        "tpa_name": "TPA004",
        "phone": "",
        "test_mode": False,
        "extra_args": {"title": "LMP", "value": "2026-08-01"},
        "details": {"a": 1, "b": ""},
    }
    assert row_as_pairs(row) == [
        ("Payer", "TPA004"),
        ("Patient's name", "Ali"),
        ("Further details", "LMP: 2026-08-01"),
        ("Test", "No"),
        ("zzz", "kept"),
        ("details", "a: 1"),
    ]


def test_what_is_no_row_is_one_pair() -> None:
    assert row_as_pairs("text") == [("", "text")]
    assert row_as_pairs([1, None, "b"]) == [("", "1, , b")]
    assert row_as_pairs(None) == []


def test_values_and_counts_are_said_as_people_do() -> None:
    assert [said(value) for value in (True, False, None, 5)] == ["Yes", "No", "", "5"]
    assert counted(1, "check") == "1 check"
    assert counted(1204, "check") == "1,204 checks"
    assert counted(2, "check is", "checks are") == "2 checks are"


@pytest.mark.parametrize(
    ("line", "source", "words"),
    [(0, "rest", "row 1"), (11, "file", "line 11"), (None, "admin", "")],
)
def test_a_row_is_named_by_the_place_that_its_sender_sees(
    line: int | None, source: str, words: str
) -> None:
    assert place(line, source) == words
