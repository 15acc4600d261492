from __future__ import annotations

import pytest
from django.core.exceptions import FieldError

from portal.intake.insert_new import insert_new_rows
from portal.intake.update import update_rows
from portal.models import Clinic
from portal.objectid import uuid_batch
from tests.factories import make_clinic, make_team

pytestmark = pytest.mark.django_db
COLUMNS = ("id", "team_id", "name", "timezone", "region", "created_at")
UNIQUE = ("team_id", "name")


def test_rows_that_are_there_are_left_out_and_the_first_of_two_equal_ones_is_in() -> None:
    known = make_clinic()
    keys = uuid_batch(4)
    rows = [
        (key, known.team_id, name, "UTC", "AE", known.created_at)
        for key, name in zip(keys, ["New", known.name, "New", "Newer"], strict=True)
    ]
    assert insert_new_rows(Clinic, COLUMNS, rows, unique=UNIQUE) == {keys[0], keys[3]}
    assert set(Clinic.objects.values_list("pk", "name")) == {
        (known.pk, known.name),
        (keys[0], "New"),
        (keys[3], "Newer"),
    }


def test_rows_that_are_all_new_are_all_told() -> None:
    team = make_team()
    keys = uuid_batch(3)
    now = make_clinic().created_at
    rows = [(key, team.pk, f"C{n}", "UTC", "AE", now) for n, key in enumerate(keys)]
    assert insert_new_rows(Clinic, COLUMNS, rows, unique=UNIQUE) == set(keys)
    assert insert_new_rows(Clinic, COLUMNS, [], unique=UNIQUE) == set()


def test_many_rows_get_new_values_and_others_keep_theirs() -> None:
    clinics = [make_clinic() for _ in range(3)]
    rows = [(each.pk, f"Renamed {n}", "IN") for n, each in enumerate(clinics[:2])]
    assert update_rows(Clinic, ("id", "name", "region"), rows) == 2
    found = {each.pk: (each.name, each.region) for each in Clinic.objects.all()}
    assert found[clinics[1].pk] == ("Renamed 1", "IN")
    assert found[clinics[2].pk] == (clinics[2].name, "AE")


def test_columns_that_nobody_knows_are_refused() -> None:
    with pytest.raises(FieldError):
        update_rows(Clinic, ("id", "colour"), [])
