from __future__ import annotations

import pytest

from records.rules import Facts, RegisteredNpi
from records.rules.npi import is_right, one_slip_away
from records.schemas import DAYS
from tests.records.rules.make_records import (
    OTHER,
    SUPERVISOR,
    check,
    check_one,
    make_npi,
    make_record,
    told,
)


@pytest.mark.parametrize("gender", ["male", "female", "other", "unknown", *"MFUXmfux", "", None])
def test_genders_and_their_letters_are_understood(gender: str | None) -> None:
    assert told(check_one(make_record(gender=gender), "strict")) == []


@pytest.mark.parametrize(
    "tag",
    ["en", "EN", "ar-AE", "zh-Hans-CN", "sl-rozaj", "de-CH-1996", "es-419", "fil", "x-klingon",
     "en-u-ca-islamic", "ar-x-dialect"],
)  # fmt: skip
def test_language_tags_are_taken_whatever_their_parts(tag: str) -> None:
    assert told(check_one(make_record(languages=[tag]), "strict")) == []


@pytest.mark.parametrize(
    "url",
    ["http://example.com", "https://example.com:8443/a.png?size=2#top", "HTTPS://EXAMPLE.com/a",
     "https://مثال.com/a.png", "https://10.0.0.1/a@b.png"],
)  # fmt: skip
def test_web_addresses_are_taken_whatever_their_parts(url: str) -> None:
    assert told(check_one(make_record(avatar=url), "strict")) == []


def test_a_specialtys_name_may_differ_in_case_and_punctuation() -> None:
    given = [{"code": "207Q00000X", "name": "family-medicine  PHYSICIAN"}, {"name": "Whatever"}]
    assert told(check_one(make_record(specialties=given), "strict")) == []


def test_a_loop_among_rows_of_one_request_is_a_loop() -> None:
    one, two = make_record(supervisorId=OTHER), make_record(supervisorId=SUPERVISOR)
    two["logicalId"] = "L-2"
    two["config"]["npi"] = make_npi(123456780)
    stored = {SUPERVISOR: None, OTHER: None}
    facts = Facts(supervisors=stored, own_ids={0: SUPERVISOR, 1: OTHER})
    codes = [[code for _, code, _, _ in told(each)] for each in check(one, two, facts=facts)]
    assert codes == [["supervisor.cycle"], ["supervisor.cycle"]]
    facts = Facts(supervisors={SUPERVISOR: None, OTHER: SUPERVISOR}, own_ids={0: SUPERVISOR})
    assert [told(each) != [] for each in check(one, two, facts=facts)] == [True, False]


def test_a_request_may_undo_a_loop() -> None:
    one, two = make_record(supervisorId=OTHER), make_record("supervisorId")
    two["config"]["npi"], two["logicalId"] = None, "L-2"
    facts = Facts(
        supervisors={SUPERVISOR: OTHER, OTHER: SUPERVISOR}, own_ids={0: SUPERVISOR, 1: OTHER}
    )
    assert [told(each) for each in check(one, two, facts=facts)] == [[], []]


def test_a_stored_loop_that_the_row_is_no_part_of_ends() -> None:
    facts = Facts(supervisors={SUPERVISOR: OTHER, OTHER: SUPERVISOR}, own_ids={0: "f" * 24})
    assert told(check_one(make_record(), facts=facts)) == []


def test_one_npi_on_two_records_of_a_request_is_told_at_both() -> None:
    one, two, three = make_record(), make_record(), make_record(npi=make_npi(123456780))
    two["logicalId"], three["logicalId"] = "L-2", "L-3"
    codes = [[code for _, code, _, _ in told(each)] for each in check(one, two, three)]
    assert codes == [["npi.shared"], ["npi.shared"], []]


def test_a_rejected_row_shares_its_npi_with_nobody() -> None:
    one, two = make_record(status="gone"), make_record()
    two["logicalId"] = "L-2"
    assert [told(each) for each in check(one, two)][1] == []


def test_one_record_twice_in_a_request_is_no_shared_npi() -> None:
    assert [told(each) for each in check(make_record(), make_record())] == [[], []]


def test_a_title_more_or_less_is_no_other_person() -> None:

    for name in ("HADDAD, AMAL", "Amal Jane Haddad", ""):
        facts = Facts(npi_registry={make_npi(): RegisteredNpi(name)})
        assert told(check_one(make_record(), facts=facts)) == []


def test_two_known_numbers_one_slip_away_are_no_suggestion() -> None:

    wrong = make_npi()[:9] + str((int(make_npi()[9]) + 1) % 10)
    repairs = sorted({each for each in one_slip_away(wrong) if is_right(each)})
    assert 8 < len(repairs) < 15
    for known, suggestion in ((repairs[:1], repairs[0]), (repairs[:2], None)):
        facts = Facts(npi_registry={each: RegisteredNpi("") for each in known})
        (issue,) = check_one(make_record(npi=wrong), facts=facts).warnings
        assert (issue.code, issue.suggestion) == ("npi.checksum", suggestion)


def test_other_statuses_may_be_set() -> None:
    facts = Facts(statuses=("active", "inactive", "on leave"))
    assert told(check_one(make_record(status="on leave"), facts=facts)) == []
    (issue,) = check_one(make_record(status="OnLeave"), facts=facts).errors
    assert issue.suggestion == "on leave"


def test_a_week_of_empty_hours_is_counted_without_a_word_for_each() -> None:
    week: dict[str, list[dict[str, str]]] = {day: [{}] * 100 for day in DAYS}
    *named, rest = check_one(make_record(workingHours=week)).warnings
    assert [issue.code for issue in named] == ["hours.half"] * 20
    assert rest.message == "1380 more places have the same fault."
    assert rest.code == "hours.half"
