from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from portal.models import Team
from records.models import Integration, RecordChange, ResourceRecord
from tests.factories import make_team

pytestmark = pytest.mark.django_db
ONE = "5eb7cf5a86d9755df3a6c593"


def make_row(team: Team, **fields: Any) -> ResourceRecord:
    now = timezone.now()
    defaults = {"type": "practitioners", "config": {}, "created_at": now, "updated_at": now}
    return ResourceRecord.objects.create(team=team, **defaults | fields)


def make_change(team: Team) -> RecordChange:
    return RecordChange.objects.create(
        team=team, record_id=ONE, version=1, change="created", source="api"
    )


@pytest.mark.parametrize("key", ["", ONE])
def test_a_logical_id_is_there_once_in_an_integration(key: str) -> None:
    team = make_team()
    make_row(team, integration_key=key, logical_id="L-1")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_row(team, integration_key=key, logical_id="L-1")


def test_other_integrations_and_teams_and_rows_without_one_may_have_the_same() -> None:
    team = make_team()
    make_row(team, logical_id="L-1")
    make_row(team, integration_key=ONE, logical_id="L-1")
    make_row(make_team(), logical_id="L-1")
    make_row(team)
    make_row(team)
    assert ResourceRecord.objects.of_team(team.pk).count() == 4


def test_a_type_that_nobody_knows_is_refused_by_the_database() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_row(make_team(), type="beds")


def test_a_status_of_an_integration_is_known_or_refused_by_the_database() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Integration.objects.create(team=make_team(), name="Athena", status="odd")


def test_changes_are_added_and_never_changed_or_deleted() -> None:
    change = make_change(make_team())
    for attempt in (
        lambda: RecordChange.objects.update(version=2),
        lambda: RecordChange.objects.all().delete(),
        lambda: RecordChange.objects.bulk_update([change], ["version"]),
        change.delete,
    ):
        with pytest.raises(TypeError):
            attempt()
    assert RecordChange.objects.count() == 1


def test_the_database_itself_refuses_to_change_a_change() -> None:
    make_change(make_team())
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE records_recordchange SET version = 2")


def test_a_record_names_itself_without_saying_who_it_is() -> None:
    row = make_row(make_team(), name_key="amna haddad", config={"name": "Amna Haddad"})
    assert "mna" not in str(row)
