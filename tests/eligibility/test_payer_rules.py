from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from eligibility.lookup import Registry
from eligibility.payer_file import PayerFileError, faults_of, parse, read, shipped
from eligibility.payer_rules import Vocabulary
from tests.eligibility.make_rows import make_payer


def make_file(**parts: Any) -> dict[str, Any]:
    payer = {"code": "PAY1", "name": "Payer", "kind": "tpa", "id_types": ["EMIRATESID"]}
    return {"payers": [payer], **parts}


def shipped_json() -> dict[str, Any]:
    text = files("eligibility").joinpath("data", "payers.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def test_the_shipped_registry_has_eighteen_payers_and_three_searches() -> None:
    payers = shipped().payers
    assert len(payers) == 21
    searches = [payer for payer in payers if payer.is_search]
    assert [search.code for search in searches] == ["DHPO", "RIYATI", "BOTH"]
    everyone = {payer.code for payer in payers if not payer.is_search}
    assert all(set(search.members) == everyone for search in searches)
    assert faults_of(payers) == []


def test_a_payer_reads_back_what_it_writes() -> None:
    data = shipped_json()
    written = [payer.as_json() for payer in shipped().payers]
    assert written == data["payers"] + data["searches"]
    assert parse({"payers": written[:18], "searches": written[18:]}).payers == shipped().payers


def test_every_code_of_a_shipped_payer_is_in_the_vocabulary() -> None:
    vocabulary = shipped().vocabulary
    for payer in shipped().payers:
        assert set(payer.id_types) <= set(vocabulary.id_types)
        assert set(payer.visit_types) <= set(vocabulary.visit_spellings)


def test_a_plainer_file_is_read_as_well() -> None:
    search = {"code": "ALL", "name": "All", "kind": "search", "id_types": ["EMIRATESID"]}
    file = parse(
        make_file(
            id_types={"emiratesid": "Emirates ID"},
            visit_types=["OUTPATIENT"],
            searches=[search | {"members": "somewhere"}],
        )
    )
    assert file.payers[1].members == ("PAY1",)
    assert file.vocabulary.id_types == {"EMIRATESID": "Emirates ID"}
    assert file.vocabulary.visit_spellings == {"OUTPATIENT": ()}


def test_a_file_is_read_from_its_path(tmp_path: Path) -> None:
    path = tmp_path / "payers.json"
    path.write_text(json.dumps(shipped_json()), encoding="utf-8")
    assert read(path) == shipped()
    path.write_bytes(b"{")
    with pytest.raises(PayerFileError, match="not JSON"):
        read(path)


@pytest.mark.parametrize(
    ("payers", "faults"),
    [
        ([make_payer(), make_payer()], ["PAY1: PAY1 names two payers"]),
        ([make_payer(aliases=("pay1",))], ["PAY1: pay1 names two payers"]),
        ([make_payer(kind="search", members=("PAY2",))], ["PAY1: no payer PAY2"]),
        ([make_payer(requires=(("shoe", {}),))], ["PAY1: no field shoe"]),
        ([make_payer(requires=(("name", {"shoe": ("1",)}),))], ["PAY1: no field shoe"]),
        ([make_payer(optional=("doctor_name",))], ["PAY1: no field doctor_name"]),
    ],
)
def test_rules_that_cannot_work_are_named(payers: list[Any], faults: list[str]) -> None:
    assert faults_of(payers) == faults


@pytest.mark.parametrize(
    "data",
    [[], {}, {"payers": [{}]}, {"payers": [{"code": "X", "name": "X", "kind": "bank"}]}],
)
def test_a_file_of_another_form_is_refused_with_its_faults(data: Any) -> None:
    with pytest.raises(PayerFileError) as raised:
        parse(data)
    assert raised.value.faults


def test_faults_between_payers_make_a_file_unusable() -> None:
    twice = make_file()
    twice["payers"] *= 2
    with pytest.raises(PayerFileError, match="names two payers"):
        parse(twice)


def test_a_registry_knows_the_codes_that_only_its_payers_name() -> None:
    payer = make_payer(id_types=("CPR",), visit_types=("SPA",), aliases=("Pay One",))
    registry = Registry([payer], vocabulary=Vocabulary())
    assert registry.find(" pay one ") is payer
    assert registry.id_type("cpr") == "CPR"
    assert registry.id_type("EMIRATESID") is None
    assert registry.match("PAY1", "CPR", "SPA") is not None
    assert registry.match("PAY1", "CPR", "") is None
    assert registry.usual_visit_type(payer) == "SPA"


def test_a_code_wins_over_another_payers_alias() -> None:
    first, second = make_payer("A1", aliases=("B2",)), make_payer("B2")
    assert Registry([first, second]).find("b2") is second


def test_what_callers_make_up_is_not_remembered() -> None:
    registry = Registry([make_payer()])
    for number in range(100):
        assert registry.match("PAY1", "EMIRATESID", f"made up {number}") is not None
        assert registry.match(f"NOBODY{number}", "EMIRATESID", "") is None
    assert len(registry._matches) == 0


def test_an_empty_registry_finds_nobody_and_suggests_nobody() -> None:
    registry = Registry([])
    assert registry.find("TPA002") is None
    assert registry.suggest_payer("NEXTCARE") is None
