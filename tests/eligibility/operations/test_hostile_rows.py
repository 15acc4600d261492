"""Text made to hurt is stored as it is, alike on both databases, or refused with its row."""

from __future__ import annotations

from typing import Any

import pytest

from eligibility.models import EligibilityTask
from portal.models import RejectedRow
from tests.cast import Cast
from tests.eligibility.operations.doing import became, create, row, task

pytestmark = pytest.mark.django_db

HARMLESS = [
    "'); DROP TABLE eligibility_eligibilitytask; --",
    '"; SELECT pg_sleep(10); --',
    "%s %d %(name)s %%",
    "{0} {name} ${jndi:ldap://x}",
    "<script>alert(1)</script>",
    "=HYPERLINK(1)",
    "a\tb\nc\r\nd",
    "\\N \\. \\x00 \\u0000",
    "NULL",
    "\x01\x02\x1f\x7f\x80\x9f",
    "\u202eevil\u202c\u200b\ufeff",
    "\ufffe\uffff\U0010ffff",
    "علي فاروق 李小龍 👩‍⚕️",
    "e\u0301 \u00e9 ﬁ ß İ ı",
    "x" * 300,
    "👩" * 300,
]


@pytest.mark.parametrize("text", HARMLESS)
def test_any_text_of_the_right_length_is_stored_as_it_is(cast: Cast, text: str) -> None:
    extra = {"title": text, text: [text, {text: text}]}
    sent = row(text[:200].strip(), name=text, doctorName=text, extra_args=extra, unknown=text)
    made = task(create(cast.us.first, sent))
    assert (made.name, made.doctor_name) == (text.strip(), text.strip())
    assert made.client_reference == text[:200].strip()
    assert made.extra_args == extra
    assert made.request_dump == sent
    assert became(create(cast.us.first, sent)) == ["replayed"]


@pytest.mark.parametrize("text", HARMLESS)
def test_any_text_of_a_rejected_row_is_kept_as_it_is(cast: Cast, text: str) -> None:
    sent = row(tpa_name=text, name=text, **{text: text})
    assert became(create(cast.us.first, row(), sent)) == ["created", "rejected"]
    assert RejectedRow.objects.get().raw == sent


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("a\0b", "a\\u0000b"),
        ("\ud800", "\\ud800"),
        ("\udfff\ud83d", "\\udfff\\ud83d"),
        ({"deep": ["\0"]}, {"deep": ["\\u0000"]}),
        ({"\0": 1}, {"\\u0000": 1}),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
    ],
)
@pytest.mark.parametrize("place", ["name", "extra_args", "unknown"])
def test_what_no_database_stores_is_refused_with_its_row_and_kept_visibly(
    cast: Cast, place: str, value: Any, kept: Any
) -> None:
    created = create(cast.us.first, row(), row(**{place: value}), row())
    assert became(created) == ["created", "rejected", "created"]
    stored = RejectedRow.objects.get()
    assert stored.raw == row(**{place: kept})
    assert stored.errors


def test_a_row_nested_too_deep_is_refused_and_kept_down_to_there(cast: Cast) -> None:
    deep: Any = "bottom"
    for _ in range(200):
        deep = {"a": deep}
    assert became(create(cast.us.first, row(), row(extra_args=deep))) == ["created", "rejected"]
    assert "bottom" not in str(RejectedRow.objects.get().raw)


@pytest.mark.parametrize(
    "extra",
    [
        {"n": 2**53 + 1},
        {"n": -(10**300)},
        {"n": 0.1},
        {"n": 1e-300},
        {"n": True, "m": None, "o": []},
        {"": {"": ""}},
        {"k" * 10_000: "v" * 100_000},
    ],
)
def test_numbers_and_odd_objects_come_back_as_they_were(cast: Cast, extra: dict[str, Any]) -> None:
    made = task(create(cast.us.first, row(extra_args=extra)))
    assert made.extra_args == extra
    assert made.request_dump["extra_args"] == extra


def test_the_longest_row_fits_its_columns(cast: Cast) -> None:
    longest = {
        "id_value": "ß" * 64,
        "id_type": "CARDNUMBER",
        "name": "n" * 300,
        "phone": "1" * 64,
        "doctorName": "d" * 300,
        "payerName": "p" * 300,
        "referralCode": "r" * 100,
        "serviceType": "s" * 200,
        "pod_id": "p" * 100,
        "mode": "m" * 32,
    }
    made = task(create(cast.us.first, row("x" * 200, **longest)))
    assert made.id_value == "ß" * 64
    assert len(made.id_key) == 64


@pytest.mark.parametrize("visit_type", ["v" * 32, "ß" * 16, "ß" * 17, "ŉ" * 32, "v" * 33])
def test_a_visit_type_that_nobody_checks_still_fits_or_is_refused(
    cast: Cast, visit_type: str
) -> None:
    sent = row(tpa_name="INS010", id_type="CARDNUMBER", id_value="A1234567", visit_type=visit_type)
    created = create(cast.us.first, sent)
    fits = len(visit_type.upper()) <= 32
    assert became(created) == ["created" if fits else "rejected"]
    stored = EligibilityTask.objects.values_list("visit_type", flat=True)
    assert list(stored) == ([visit_type.upper()] if fits else [])
