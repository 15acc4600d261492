from __future__ import annotations

import pytest

from eligibility.choices import Failure, Outcome
from eligibility.identifiers import doubt_about
from eligibility.synthetic.magic import MAGIC, SYNTHETIC_PREFIX, Magic, magic_script
from eligibility.synthetic.script import TRICK_OF_FAILURE, BrokenScript, Script, Trick, parse_script


def scripts() -> list[Script]:
    """What the table's identifiers stand for."""
    parsed = [parse_script(magic.script) for magic in MAGIC]
    return [script for script in parsed if isinstance(script, Script)]


def test_the_table_has_a_number_for_every_outcome_failure_and_trick() -> None:
    table = scripts()

    assert {script.outcome for script in table} >= set(Outcome)
    assert {script.failure for script in table} >= set(Failure) - TRICK_OF_FAILURE.keys()
    assert {script.trick for script in table} >= set(Trick)


def test_every_entry_is_complete_and_names_nothing_twice() -> None:
    identifiers = [each for magic in MAGIC for each in (magic.card, magic.emirates_id)]

    assert len(scripts()) == len(MAGIC) > 20
    assert len(set(identifiers)) == len(identifiers)
    assert all(magic.meaning and magic.card.startswith(SYNTHETIC_PREFIX) for magic in MAGIC)


@pytest.mark.parametrize("magic", MAGIC, ids=lambda magic: magic.card)
def test_magic_emirates_ids_pass_every_check_and_belong_to_nobody_living(magic: Magic) -> None:
    assert doubt_about("EMIRATESID", magic.emirates_id) is None
    assert magic.emirates_id.startswith("784-1900-")


@pytest.mark.parametrize("magic", MAGIC, ids=lambda magic: magic.card)
def test_a_magic_number_works_however_it_is_spelt(magic: Magic) -> None:
    expected = parse_script(magic.script)

    assert magic_script(magic.card) == expected
    assert magic_script(f" {magic.card.lower()} ") == expected
    assert magic_script(magic.emirates_id.replace("-", "")) == expected
    assert magic_script(magic.emirates_id.replace("-", " ")) == expected


def test_other_numbers_have_no_magic() -> None:
    assert magic_script("784-1990-1234567-6") is None
    assert magic_script("SYNERGY-1") is None
    assert magic_script("") is None


def test_a_number_that_only_looks_magic_is_an_error_by_name() -> None:
    assert magic_script("SYN-ELIGABLE") == BrokenScript("SYN-ELIGABLE")
