"""Rules of payers that hold from a day on: announced, withdrawn, begun, and kept when they end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from eligibility import clock, registry
from eligibility.engine.announced import begin_due
from eligibility.models import Payer, RulesVersion
from eligibility.models.rules_version import begin_of, rules_in
from eligibility.operations.payer_rules import (
    BEGUN,
    NO_CHANGE,
    OVERTAKEN,
    TOO_FAR,
    announce_rules,
    note_rules_changed,
    withdraw_rules,
)
from eligibility.operations.setup import sync_payers
from portal import audit
from portal.models import AuditEvent, Verb
from tests.at_once import at_once
from tests.cast import Cast
from tests.eligibility.make_rows import make_payer, make_row

DUBAI = ZoneInfo("Asia/Dubai")
BASE = "/v2/api-integration"
ROW = make_row(tpa_name="OWN1", id_type="EMIRATESID", visit_type="OUTPATIENT")

pytestmark = pytest.mark.django_db


@pytest.fixture
def payer(payers: Any) -> Payer:
    """One that takes two identifiers and outpatients."""
    rules = make_payer("OWN1", id_types=("EMIRATESID", "PASSPORT"), visit_types=("OUTPATIENT",))
    sync_payers(payers=[rules])
    return Payer.objects.get(code="OWN1")


def tomorrow(days: int = 1) -> date:
    return timezone.now().astimezone(DUBAI).date() + timedelta(days=days)


def announce(payer: Payer, **how: Any) -> Any:
    rules = rules_in(payer) | how.pop("rules", {"id_types": ["PASSPORT"]})
    options: dict[str, Any] = {"day": tomorrow(2), "zone": DUBAI, "actor": audit.SYSTEM}
    return announce_rules(payer_id=payer.pk, rules=rules, **options | how)


def announced(payer: Payer, **how: Any) -> RulesVersion:
    version = announce(payer, **how).version
    assert isinstance(version, RulesVersion)
    return version


@contextmanager
def the_database_says(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> Iterator[None]:
    """The registry's question is answered by a clock that stands still."""
    fixed = f"'{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}{_OFFSET[connection.vendor]}'"
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: fixed)
        yield


_OFFSET = {"postgresql": "+00", "sqlite": ""}


def makes_due(version: RulesVersion) -> None:
    """As if its day had begun a minute ago."""
    a_minute_ago = timezone.now() - timedelta(minutes=1)
    RulesVersion.objects.filter(pk=version.pk).update(effective_from=a_minute_ago)


def id_types() -> tuple[str, ...]:
    found = registry.load().rules.find("OWN1")
    assert found is not None
    return found.id_types


class TestTheDayItBegins:
    @pytest.mark.parametrize(
        ("zone", "begins"),
        [
            ("Asia/Dubai", datetime(2026, 12, 31, 20, tzinfo=UTC)),
            ("UTC", datetime(2027, 1, 1, tzinfo=UTC)),
            ("America/New_York", datetime(2027, 1, 1, 5, tzinfo=UTC)),
        ],
    )
    def test_a_day_begins_at_midnight_of_its_zone(self, zone: str, begins: datetime) -> None:
        assert begin_of(date(2027, 1, 1), ZoneInfo(zone)) == begins

    def test_a_day_without_a_midnight_begins_with_its_first_moment(self) -> None:
        begins = begin_of(date(2023, 4, 28), ZoneInfo("Africa/Cairo"))
        assert begins == datetime(2023, 4, 27, 22, tzinfo=UTC)
        assert begins.astimezone(ZoneInfo("Africa/Cairo")).hour == 1

    def test_rows_are_judged_by_the_new_rules_from_midnight_on_and_not_before(
        self, payer: Payer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        day = tomorrow(3)
        announced(payer, day=day)
        midnight = datetime.combine(day, datetime.min.time(), tzinfo=DUBAI)
        with the_database_says(monkeypatch, midnight - timedelta(milliseconds=1)):
            assert id_types() == ("EMIRATESID", "PASSPORT")
        with the_database_says(monkeypatch, midnight):
            assert id_types() == ("PASSPORT",)
        with the_database_says(monkeypatch, midnight + timedelta(days=400)):
            assert id_types() == ("PASSPORT",)
        assert id_types() == ("EMIRATESID", "PASSPORT")


class TestTheRoadOfRows:
    def test_a_row_is_judged_by_the_rules_of_the_moment_it_comes_in(
        self, cast: Cast, payer: Payer
    ) -> None:
        version = announced(payer)
        later = ROW | {"service_date": (tomorrow(30)).isoformat()}
        assert self._creates(cast, later)
        makes_due(version)
        assert not self._creates(cast, later)
        assert self._creates(cast, ROW | {"id_type": "PASSPORT", "id_value": "N1234567"})

    def test_announced_rules_cost_the_road_no_query(self, payer: Payer) -> None:
        def queries() -> int:
            registry.load()
            with CaptureQueriesContext(connection) as asked:
                registry.load()
            return len(asked)

        version = announced(payer)
        coming = queries()
        makes_due(version)
        assert (coming, queries()) == (1, 1)

    @staticmethod
    def _creates(cast: Cast, row: dict[str, Any]) -> bool:
        answer = Client().post(
            f"{BASE}/bulk/create-tasks?dry_run=true",
            {"requests": [row]},
            content_type="application/json",
            headers={"x-api-key": cast.us.key},
        )
        return answer.status_code == 200


class TestThePage:
    def test_it_tells_what_holds_and_what_is_announced(self, cast: Cast, payer: Payer) -> None:
        version = announced(payer)
        shown = self._get(cast, "payers/OWN1")
        begins = version.effective_from.isoformat()
        assert shown["id_types"] == ["EMIRATESID", "PASSPORT"]
        assert (shown["effective_until"], shown["upcoming"]["effective_from"]) == (begins, begins)
        assert shown["upcoming"]["id_types"] == ["PASSPORT"]
        head = next(p for p in self._get(cast, "payers")["items"] if p["code"] == "OWN1")
        assert head["effective_until"] == begins

    def test_from_the_day_on_the_announced_rules_are_those_that_hold(
        self, cast: Cast, payer: Payer
    ) -> None:
        version = announced(payer)
        before = self._get(cast, "payers/OWN1")["upcoming"]
        makes_due(version)
        due = self._get(cast, "payers/OWN1")
        assert begin_due() == 1
        begun = self._get(cast, "payers/OWN1")
        assert due == begun
        assert (begun["upcoming"], begun["effective_until"]) == (None, None)
        assert begun["json_schema"] == before["json_schema"]

    def test_a_new_name_does_not_make_the_rules_younger(self, cast: Cast, payer: Payer) -> None:
        since = self._get(cast, "payers/OWN1")["effective_from"]
        payer.name = "Renamed"
        payer.save()
        assert self._get(cast, "payers/OWN1")["effective_from"] == since

    @staticmethod
    def _get(cast: Cast, path: str) -> Any:
        return Client().get(f"{BASE}/{path}", headers={"x-api-key": cast.us.key}).json()


class TestAnnouncing:
    def test_it_is_kept_and_logged_with_what_it_changes(self, payer: Payer) -> None:
        version = announced(payer, note="Circular 7")
        assert (version.state, version.note, version.day) == (
            "announced",
            "Circular 7",
            tomorrow(2),
        )
        event = AuditEvent.objects.get(verb=Verb.ANNOUNCED)
        assert event.changes == {"id_types": [["EMIRATESID", "PASSPORT"], ["PASSPORT"]]}
        assert event.details["holds_from"] == version.day.isoformat()
        payer.refresh_from_db()
        assert payer.id_types == ["EMIRATESID", "PASSPORT"]

    @pytest.mark.parametrize(
        ("how", "why"),
        [
            ({"day": date(2020, 1, 1)}, BEGUN),
            ({"day": tomorrow(0)}, BEGUN),
            ({"day": tomorrow(800)}, TOO_FAR),
            ({"rules": {}}, NO_CHANGE),
            ({"replacing": 77}, OVERTAKEN),
        ],
    )
    def test_what_makes_no_sense_is_refused(
        self, payer: Payer, how: dict[str, Any], why: str
    ) -> None:
        assert announce(payer, **how).refused == why
        assert not RulesVersion.objects.exists()

    def test_a_second_announcement_takes_the_place_of_the_one_it_saw(self, payer: Payer) -> None:
        first = announced(payer)
        assert announce(payer, day=tomorrow(9)).refused == OVERTAKEN
        second = announced(payer, day=tomorrow(9), replacing=first.pk)
        assert RulesVersion.objects.announced().get() == second
        first.refresh_from_db()
        assert first.state == "withdrawn"

    def test_rules_that_lack_a_column_are_a_mistake_of_the_caller(self, payer: Payer) -> None:
        with pytest.raises(ValueError, match="every rule"):
            announce_rules(
                payer_id=payer.pk, rules={}, day=tomorrow(), zone=DUBAI, actor=audit.SYSTEM
            )

    def test_it_can_be_withdrawn_once_and_only_before_its_day(self, payer: Payer) -> None:
        first = announced(payer)
        assert withdraw_rules(version_id=first.pk, actor=audit.SYSTEM)
        assert not withdraw_rules(version_id=first.pk, actor=audit.SYSTEM)
        assert AuditEvent.objects.filter(verb=Verb.WITHDRAWN).count() == 1
        second = announced(payer)
        makes_due(second)
        assert not withdraw_rules(version_id=second.pk, actor=audit.SYSTEM)
        assert announce(payer, replacing=second.pk).refused == OVERTAKEN


class TestBeginning:
    def test_the_payers_row_follows_once_and_what_held_before_is_kept(self, payer: Payer) -> None:
        version = announced(payer)
        assert begin_due() == 0
        makes_due(version)
        assert (begin_due(), begin_due()) == (1, 0)
        version.refresh_from_db()
        payer.refresh_from_db()
        assert (payer.id_types, payer.rules_from) == (["PASSPORT"], version.effective_from)
        assert version.state == "begun"
        past = RulesVersion.objects.past().get()
        assert past.rules["id_types"] == ["EMIRATESID", "PASSPORT"]
        assert past.effective_until == version.effective_from
        assert id_types() == ("PASSPORT",)
        event = AuditEvent.objects.get(verb=Verb.CHANGED)
        assert (event.object_name, list(event.changes)) == (str(payer), ["id_types"])

    def test_a_payer_that_is_switched_off_changes_all_the_same(self, payer: Payer) -> None:
        version = announced(payer)
        Payer.objects.filter(pk=payer.pk).update(is_active=False)
        makes_due(version)
        assert "OWN1" not in registry.load().ids
        assert begin_due() == 1

    def test_a_search_asks_whom_the_announced_rules_name(self, payer: Payer) -> None:
        search = Payer.objects.get(code="DHPO")
        version = announced(search, rules={"members": ["OWN1"]})
        makes_due(version)
        found = registry.load().rules.find("DHPO")
        assert found is not None
        assert found.members == ("OWN1",)

    def test_a_change_at_once_is_kept_too(self, payer: Payer) -> None:
        note_rules_changed(before=payer, actor="")
        past = RulesVersion.objects.past().get()
        assert (past.rules, past.effective_from) == (rules_in(payer), payer.rules_from)
        was = payer.rules_from
        payer.refresh_from_db()
        assert payer.rules_from == past.effective_until
        assert payer.rules_from > was

    def test_a_registry_file_keeps_what_it_replaces_and_nothing_else(self, payer: Payer) -> None:
        rules = make_payer("OWN1", id_types=("EMIRATESID",), visit_types=("OUTPATIENT",))
        sync_payers(payers=[rules], dry_run=True)
        assert not RulesVersion.objects.exists()
        sync_payers(payers=[rules])
        sync_payers(payers=[rules])
        past = RulesVersion.objects.past().get()
        assert past.rules["id_types"] == ["EMIRATESID", "PASSPORT"]
        payer.refresh_from_db()
        assert payer.rules_from == past.effective_until


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_that_begin_a_change_at_once_one_does(payer: Payer) -> None:
    makes_due(announced(payer))
    assert sorted(at_once(begin_due, begin_due)) == [0, 1]
    assert RulesVersion.objects.past().count() == 1
