from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import records
from records.rules import Facts
from records.rules.severity import ANY_TYPE, PROFILES, SEVERITIES, Severity, severity
from tests.records.rules.cases import CASES, Case
from tests.records.rules.make_records import (
    FACTS,
    OTHER,
    check,
    check_one,
    make_hours,
    make_record,
    told,
)

TOLD_BY_OPERATIONS = {"duplicate.in_request", "duplicate.existing"}


def _name(case: Case) -> str:
    return f"{case.code}{case.pointer}"


def _pointer(case: Case) -> str:
    if case.pointer.startswith("//"):
        return case.pointer[1:].removesuffix("/")
    return f"/config{case.pointer}"


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("case", CASES, ids=_name)
def test_a_fault_is_told_once_where_it_stands_and_as_it_matters(case: Case, profile: str) -> None:
    expected = case.lenient if profile == "lenient" else case.strict
    checked = check_one(case.row, profile, case.facts)
    wanted = [(expected, case.code, _pointer(case), case.suggestion)] if expected != "-" else []
    assert told(checked) == wanted


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_a_message_is_a_sentence_of_its_own(case: Case) -> None:
    checked = check_one(case.row, "strict", case.facts)
    for issue in (*checked.errors, *checked.warnings):
        assert 10 < len(issue.message) < 200
        if isinstance(issue.value, str) and len(issue.value) > 4:
            assert issue.value not in issue.message


def test_the_cases_hold_every_code_of_the_table_and_no_other() -> None:
    told_of = {
        ANY_TYPE if case.code.endswith(".type") and case.code not in SEVERITIES else case.code
        for case in CASES
    }
    assert told_of == set(SEVERITIES) - TOLD_BY_OPERATIONS


def test_the_table_has_every_code_that_the_rules_can_tell() -> None:
    sources = (Path(records.__file__).parent / "rules").glob("*.py")
    written = {
        code
        for source in sources
        for code in re.findall(r'"([a-z]+\.[a-z_]+)"', source.read_text(encoding="utf-8"))
    }
    assert {"npi.checksum", "hours.overlap", "text.unstorable"} < written
    for code in written:
        assert severity(code, "lenient") in Severity


def test_a_code_that_nobody_documented_is_no_code() -> None:
    with pytest.raises(KeyError):
        severity("npi.colour", "lenient")


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("suspicious", [True, False])
def test_a_clean_row_has_no_errors_and_no_warnings(profile: str, suspicious: bool) -> None:
    row = make_record()
    checked = check_one(row, profile, suspicious=suspicious)
    assert told(checked) == []
    assert checked.raw is row
    assert checked.row is not None
    assert checked.row.logical_id == "L-1"
    assert checked.row.config == row["config"]


def test_the_documents_example_is_a_record_with_warnings() -> None:
    row = make_record(
        **dict.fromkeys(("npi", "gender", "avatar"), "<string>"),
        languages=["<string>"],
        specialties=[{"name": "<string>", "code": "<string>"}],
        **make_hours("<string>-<string>"),
    )
    checked = check_one(row, facts=Facts())
    assert checked.errors == []
    assert [issue.code for issue in checked.warnings] == [
        "npi.format",
        "gender.value",
        "avatar.url",
        "language.tag",
        "hours.format",
        "hours.format",
    ]
    assert checked.row is not None
    assert checked.row.config == row["config"] | {
        "workingHours": dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
        | {"mon": [{"start": "<string>", "end": "<string>"}]}
    }


@pytest.mark.parametrize("value", [None, "left out"])
def test_everything_but_the_type_may_be_null_or_absent(value: str | None) -> None:
    names = list(make_record()["config"])[1:]
    row: dict[str, Any] = {"config": {"type": "practitioners"}}
    if value is None:
        row = {"logicalId": None, "integrationId": None, "config": dict.fromkeys(names)}
        row["config"]["type"] = "practitioners"
    checked = check_one(row)
    assert told(checked) == []
    assert checked.row is not None
    assert (checked.row.logical_id, checked.row.integration_id) == (None, None)
    assert checked.row.config == {"type": "practitioners"} | dict.fromkeys(names)


def test_every_documented_key_is_there_however_deep() -> None:
    row = make_record(
        specialties=[{}, {"code": None}], locations=[{"locationId": "A"}], workingHours={"mon": []}
    )
    config = check_one(row).row
    assert config is not None
    assert config.config["specialties"] == [{"name": None, "code": None}] * 2
    assert config.config["locations"] == [{"locationId": "A", "locationName": None}]
    assert set(config.config["workingHours"]) == {"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
    assert row["config"]["specialties"] == [{}, {"code": None}]


def test_unknown_keys_stay_in_the_raw_row_and_out_of_the_record() -> None:
    row = make_record(colour="red", specialties=[{"code": "207Q00000X", "since": 1999}])
    checked = check_one(row)
    assert checked.raw is row
    assert checked.row is not None
    assert "colour" not in checked.row.config
    assert checked.row.config["specialties"] == [{"code": "207Q00000X", "name": None}]


def test_an_unknown_key_without_a_value_is_not_worth_a_word() -> None:
    assert told(check_one(make_record(colour=None))) == []


def test_a_record_that_was_fetched_may_be_sent_back() -> None:
    fetched = make_record() | {"_id": OTHER, "teamId": OTHER, "createdAt": "2026-01-01T00:00:00Z"}
    assert told(check_one(fetched, "strict")) == []


def test_every_fault_of_a_row_is_told_at_once() -> None:
    row = make_record(
        npi=5,
        languages=["English", 7],
        specialties=["x", {"code": "nope"}],
        gender="Male",
        **make_hours("9am-17:00", "8:00-"),
    )
    row["logicalId"] = 8
    checked = check_one(row)
    assert checked.row is None
    assert [(kind, code, pointer) for kind, code, pointer, _ in told(checked)] == [
        ("E", "logicalId.type", "/logicalId"),
        ("E", "npi.type", "/config/npi"),
        ("E", "languages.type", "/config/languages/1"),
        ("E", "specialties.type", "/config/specialties/0"),
        ("W", "gender.value", "/config/gender"),
        ("W", "language.tag", "/config/languages/0"),
        ("W", "specialty.code", "/config/specialties/1/code"),
        ("W", "hours.format", "/config/workingHours/mon/0/start"),
        ("W", "hours.format", "/config/workingHours/mon/1/start"),
        ("W", "hours.half", "/config/workingHours/mon/1/end"),
    ]


def test_a_list_that_is_too_long_may_hold_other_faults() -> None:
    row = make_record(
        languages=[7, *["English"] * 100],
        specialties=[None] * 101,
        workingHours={"mon": [{"start": 9}] * 101},
        gender="Male",
    )
    assert [(code, pointer) for _, code, pointer, _ in told(check_one(row))] == [
        ("text.too_long", "/config/languages"),
        ("text.too_long", "/config/specialties"),
        ("text.too_long", "/config/workingHours/mon"),
        ("gender.value", "/config/gender"),
    ]


def test_what_is_wrong_through_and_through_is_counted_and_left_at_that() -> None:
    checked = check_one(make_record(locations=[None] * 50, gender="Male"))
    assert [(code, pointer) for _, code, pointer, _ in told(checked)] == [
        *(("locations.type", f"/config/locations/{n}") for n in range(20)),
        ("locations.type", ""),
    ]
    assert "30 more" in checked.errors[-1].message


def test_a_row_of_no_known_type_still_has_its_place_judged() -> None:
    row = make_record(type="rooms") | {"logicalId": 7, "integrationId": "x", "color": 1}
    assert [code for _, code, _, _ in told(check_one(row))] == [
        "type.unsupported",
        "logicalId.type",
        "objectid.pattern",
        "field.unknown",
    ]


def test_what_cannot_be_stored_is_told_first_and_hides_nothing_else() -> None:
    row = make_record(name="\0", gender="Male", npi=5)
    checked = check_one(row)
    assert [code for _, code, _, _ in told(checked)] == [
        "text.unstorable",
        "npi.type",
        "gender.value",
    ]
    assert checked.row is None
    assert checked.raw["config"]["name"] == "\\u0000"


@pytest.mark.parametrize(
    "facts", [Facts(), Facts(integrations=frozenset(), supervisors={}, taxonomy={})]
)
def test_rules_rest_until_what_they_look_up_is_loaded(facts: Facts) -> None:
    codes = {code for _, code, _, _ in told(check_one(make_record(), "strict", facts))}
    wanted = {"integration.unknown", "supervisor.missing", "specialty.code"}
    assert codes == (wanted if facts.taxonomy is not None else set())


def test_the_answer_has_one_entry_for_each_row_in_their_order() -> None:
    rows = [make_record(id=str(number), npi=None) for number in range(30)]
    rows[3:5] = [None, 7]  # type: ignore[list-item]
    checked = check(*rows)
    assert [each.raw for each in checked] == rows
    assert [index for index, each in enumerate(checked) if each.errors] == [3, 4]
    assert check() == []


def test_a_thousand_faults_of_a_kind_are_counted_not_listed() -> None:
    many = {f"field{number}": 1 for number in range(1000)}
    checked = check_one(make_record(**many))
    assert len(checked.warnings) == 21
    assert "980 more" in checked.warnings[-1].message
    hours: dict[str, Any] = {
        day: [{}] * 100 for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    }
    assert len(check_one(make_record(workingHours=hours)).warnings) == 21


def test_huge_values_are_not_echoed() -> None:
    row = make_record(name="x" * 5_000_000, npi=10**4000, **{"y" * 1_000_000: 1})
    row["config"]["languages"] = ["z" * 5_000_000]
    for issue in (*(checked := check_one(row)).errors, *checked.warnings):
        assert len(json.dumps(issue.as_detail())) < 1_000


def test_a_body_full_of_misspelt_words_is_judged_in_time() -> None:
    rows = [
        make_record(languages=[f"q{row}x{n}nglish" for n in range(100)], npi=None)
        for row in range(200)
    ]
    checked = check(*rows, facts=FACTS)
    assert all(len(each.warnings) == 21 for each in checked)
