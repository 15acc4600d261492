from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from eligibility import payer_file, registry
from eligibility.models import Payer
from eligibility.operations.setup import sync_payers
from eligibility.rules import PayerRules

pytestmark = pytest.mark.django_db


def found(code: str = "TPA002") -> PayerRules:
    payer = registry.load().rules.find(code)
    assert payer is not None
    return payer


def test_every_payer_of_the_shipped_file_is_loaded_with_its_rules(
    payers: Mapping[str, Payer],
) -> None:
    loaded = registry.load()
    assert {each.code: each for each in loaded.rules.payers} == {
        each.code: each for each in payer_file.shipped().payers
    }
    assert loaded.ids == {code: payer.pk for code, payer in payers.items()}


def test_an_empty_registry_knows_nobody(db: None) -> None:
    assert registry.load().ids == {}
    assert registry.load().rules.find("TPA002") is None


def test_what_has_not_changed_is_kept_at_the_price_of_one_query(
    payers: Mapping[str, Payer],
) -> None:
    first = registry.load()
    with CaptureQueriesContext(connection) as queries:
        assert registry.load() is first
    assert len(queries) == 1


def test_a_payer_edited_by_save_is_seen_by_the_next_request(payers: Mapping[str, Payer]) -> None:
    assert found().visit_types != ("DENTAL",)
    payer = payers["TPA002"]
    payer.visit_types = ["DENTAL"]
    payer.save()
    assert found().visit_types == ("DENTAL",)


def test_a_payer_edited_by_update_is_seen_by_the_next_request(payers: Mapping[str, Payer]) -> None:
    registry.load()
    Payer.objects.filter(code="TPA002").update(visit_types=["DENTAL"])
    assert found().visit_types == ("DENTAL",)


def test_a_payer_edited_in_bulk_is_seen_by_the_next_request(payers: Mapping[str, Payer]) -> None:
    registry.load()
    payers["TPA002"].requires = [{"field": "phone", "when": {}}]
    Payer.objects.bulk_update([payers["TPA002"]], ["requires"])
    assert found().requires == (("phone", {}),)


def test_a_payer_edited_in_plain_sql_is_seen_by_the_next_request(
    payers: Mapping[str, Payer],
) -> None:
    registry.load()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE eligibility_payer SET name = 'Renamed' WHERE code = 'TPA002'")
    assert found().name == "Renamed"


def test_an_edit_by_a_machine_whose_clock_is_slow_is_seen_by_the_next_request(
    payers: Mapping[str, Payer],
) -> None:
    registry.load()
    earlier = F("updated_at") - timedelta(hours=1)
    Payer.objects.filter(code="TPA002").update(name="Renamed", updated_at=earlier)
    assert found().name == "Renamed"


def test_a_payer_put_out_of_use_is_unknown_until_it_is_back(payers: Mapping[str, Payer]) -> None:
    registry.load()
    Payer.objects.filter(code="TPA002").update(is_active=False)
    assert registry.load().rules.find("TPA002") is None
    assert "TPA002" not in registry.load().ids
    Payer.objects.filter(code="TPA002").update(is_active=True)
    assert found().code == "TPA002"


def test_one_payer_in_the_place_of_another_is_seen(payers: Mapping[str, Payer]) -> None:
    registry.load()
    old = payers["TPA002"]
    Payer.objects.filter(pk=old.pk).delete()
    Payer.objects.bulk_create([Payer(code="NEW", name="New", kind="tpa", id_types=["PASSPORT"])])
    Payer.objects.filter(code="NEW").update(updated_at=old.updated_at)
    assert found("NEW").id_types == ("PASSPORT",)
    assert registry.load().rules.find("TPA002") is None


def test_an_alias_added_by_staff_finds_the_payer(payers: Mapping[str, Payer]) -> None:
    payers["TPA004"].aliases = ["NAS"]
    payers["TPA004"].save()
    assert found("nas").code == "TPA004"


def test_a_change_that_was_rolled_back_is_forgotten(payers: Mapping[str, Payer]) -> None:
    before = found().name
    Payer.objects.filter(code="TPA002").update(name="Renamed")
    assert found().name == "Renamed"
    Payer.objects.filter(code="TPA002").update(name=before)
    assert found().name == before


def test_two_threads_may_load_at_the_same_moment(transactional_db: None) -> None:
    sync_payers(payers=payer_file.shipped().payers)
    seen: list[int] = []

    def load() -> None:
        try:
            seen.append(len(registry.load().ids))
        finally:
            connection.close()

    threads = [Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [len(payer_file.shipped().payers)] * 8
