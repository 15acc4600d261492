from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from eligibility import payer_file
from eligibility.models import Connection, Payer
from eligibility.operations.setup import (
    SYNTHETIC_LIMITS,
    connect_to_synthetic,
    prepare_team,
    sync_payers,
)
from portal.models import Clinic, Team
from tests.eligibility.make_rows import make_payer
from tests.factories import make_clinic, make_team

pytestmark = pytest.mark.django_db


def everything() -> list[Any]:
    """All that setting up may touch, with its times."""
    return [
        list(model.objects.order_by("pk").values()) for model in (Payer, Team, Clinic, Connection)
    ]


# --- payers --------------------------------------------------------------------------------------


def test_the_shipped_registry_is_loaded_as_it_is_written() -> None:
    shipped = payer_file.shipped().payers
    assert sync_payers(payers=shipped) == {"created": len(shipped), "updated": 0, "unchanged": 0}
    for rules in shipped:
        stored = Payer.objects.get(code=rules.code)
        wanted = rules.as_json()
        assert {name: getattr(stored, name) for name in wanted} == wanted
        assert stored.is_active


def test_a_second_load_changes_nothing(payers: Mapping[str, Payer]) -> None:
    before = everything()
    counts = sync_payers(payers=payer_file.shipped().payers)
    assert counts == {"created": 0, "updated": 0, "unchanged": len(payers)}
    assert everything() == before


def test_a_payer_that_differs_is_updated_and_others_are_left_alone(
    payers: Mapping[str, Payer],
) -> None:
    before = {payer.code: payer.updated_at for payer in Payer.objects.all()}
    Payer.objects.filter(code="TPA002").update(visit_types=["DENTAL"], requires=[])
    counts = sync_payers(payers=payer_file.shipped().payers)
    assert counts == {"created": 0, "updated": 1, "unchanged": len(payers) - 1}
    restored = Payer.objects.get(code="TPA002")
    assert restored.visit_types == payers["TPA002"].visit_types
    assert restored.pk == payers["TPA002"].pk
    after = {payer.code: payer.updated_at for payer in Payer.objects.all()}
    assert {code for code in after if after[code] != before[code]} == {"TPA002"}


def test_payers_that_the_file_does_not_name_stay(payers: Mapping[str, Payer]) -> None:
    counts = sync_payers(payers=[make_payer("OWN1", requires=(("phone", {}),))])
    assert counts == {"created": 1, "updated": 0, "unchanged": 0}
    assert Payer.objects.count() == len(payers) + 1
    assert sync_payers(payers=[make_payer("OWN1", requires=(("phone", {}),))])["unchanged"] == 1


def test_a_payer_put_out_of_use_is_not_brought_back(payers: Mapping[str, Payer]) -> None:
    Payer.objects.filter(code="TPA002").update(is_active=False)
    sync_payers(payers=payer_file.shipped().payers)
    assert not Payer.objects.get(code="TPA002").is_active


def test_a_search_that_became_a_payer_forgets_whom_it_asked() -> None:
    sync_payers(payers=[make_payer("BOTH", kind="search", members=("A", "B"))])
    sync_payers(payers=[make_payer("BOTH")])
    assert Payer.objects.get().members == []


def test_a_dry_run_counts_and_writes_nothing(payers: Mapping[str, Payer]) -> None:
    Payer.objects.filter(code="TPA002").update(name="Other")
    before = everything()
    counts = sync_payers(payers=[*payer_file.shipped().payers, make_payer("NEW")], dry_run=True)
    assert counts == {"created": 1, "updated": 1, "unchanged": len(payers) - 1}
    assert everything() == before


# --- teams ---------------------------------------------------------------------------------------


def test_on_an_empty_database_a_team_gets_all_that_checks_need() -> None:
    team, clinic = prepare_team(team="Palm", clinic="Marina")
    assert (team.name, clinic.name, clinic.team) == ("Palm", "Marina", team)
    assert (clinic.timezone, clinic.region, team.is_production) == ("Asia/Dubai", "AE", False)
    lanes = Connection.objects.filter(team=team)
    asked = set(lanes.exclude(payer=None).values_list("payer__code", flat=True))
    assert asked == {each.code for each in payer_file.shipped().payers if not each.is_search}
    assert lanes.filter(payer=None).count() == 1
    for lane in lanes:
        assert {name: getattr(lane, name) for name in SYNTHETIC_LIMITS} == SYNTHETIC_LIMITS
        assert (lane.base_url, lane.settings, lane.is_active) == ("", {}, True)
    # Every one of them is labelled for what it is.
    assert all("(synthetic)" in lane.name for lane in lanes)


def test_preparing_a_team_again_changes_nothing() -> None:
    first = prepare_team(team="Palm", clinic="Marina")
    before = everything()
    assert prepare_team(team="Palm", clinic="Marina") == first
    assert everything() == before


def test_a_team_and_a_clinic_may_be_named_by_their_ids() -> None:
    clinic = make_clinic()
    assert prepare_team(team=clinic.team.pk, clinic=str(clinic.pk)) == (clinic.team, clinic)
    assert (Team.objects.count(), Clinic.objects.count()) == (1, 1)


def test_a_clinic_of_another_team_is_not_taken() -> None:
    foreign = make_clinic()
    team, clinic = prepare_team(team="Palm", clinic=foreign.name)
    assert clinic != foreign
    assert clinic.team == team


def test_a_second_clinic_joins_its_team() -> None:
    team, first = prepare_team(team="Palm", clinic="Marina")
    again, second = prepare_team(team="Palm", clinic="Deira")
    assert again == team
    assert set(team.clinics.all()) == {first, second}


def test_a_registry_that_staff_keep_is_not_replaced() -> None:
    Payer.objects.create(code="OWN1", name="Own", kind="tpa", id_types=["PASSPORT"])
    team, _ = prepare_team(team="Palm", clinic="Marina")
    assert list(Payer.objects.values_list("code", flat=True)) == ["OWN1"]
    assert Connection.objects.filter(team=team).count() == 2


def test_connections_that_a_team_has_stay_as_they_are(payers: Mapping[str, Payer]) -> None:
    team = make_team()
    own = Connection.objects.create(
        team=team, payer=payers["TPA002"], name="Ours", connector="http_json"
    )
    connect_to_synthetic(team=team)
    connect_to_synthetic(team=team)
    assert Connection.objects.get(team=team, payer=payers["TPA002"]) == own
    assert Connection.objects.get(pk=own.pk).connector == "http_json"


def test_a_payer_added_later_is_connected_the_next_time(payers: Mapping[str, Payer]) -> None:
    team = make_team()
    connect_to_synthetic(team=team)
    Payer.objects.create(code="NEW", name="N" * 200, kind="insurer", id_types=["PASSPORT"])
    connect_to_synthetic(team=team)
    assert Connection.objects.filter(team=team, payer__code="NEW").count() == 1


def test_a_production_team_gets_a_test_connection_only(payers: Mapping[str, Payer]) -> None:
    team = make_team(is_production=True)
    connect_to_synthetic(team=team)
    assert list(Connection.objects.filter(team=team).values_list("payer", flat=True)) == [None]
