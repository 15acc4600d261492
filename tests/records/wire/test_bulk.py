from __future__ import annotations

import json

import pytest

from portal.api.renderers import render_json
from records import wire
from tests.factories import make_team
from tests.records.making import ATHENA, bad, create, row

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("full", [False, True])
def test_the_answer_put_together_from_texts_is_the_answer(full: bool) -> None:
    rows = [row('A"\\é', ATHENA, name='Dr. "José" \\ \u2028 خالد'), bad("B"), row(None), row("C")]
    created = create(make_team(), *rows, row("C"), on_conflict="update")
    text = wire.bulk_json(created, full=full).body
    assert text == render_json(wire.bulk_answer(created, full=full))
    assert json.loads(text)["results"][0]["record"]["logicalId"] == 'A"\\é'


def test_an_answer_without_rows_is_one_too() -> None:
    created = create(make_team())
    assert wire.bulk_json(created, full=False).body == render_json(
        wire.bulk_answer(created, full=False)
    )
