"""The demo's practitioners: what the portal makes of them, the first time and the second."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.test import Client

from eligibility.demo import client as demo
from eligibility.demo.cast import CLINICS
from eligibility.demo.practitioners import practitioner_rows, send_practitioners
from eligibility.demo.sample import sample_lines
from portal.models import RejectedRow
from records.models import ResourceRecord
from tests.cast import Cast

pytestmark = pytest.mark.django_db


class Direct(demo.Client):
    """Sends to the portal of the test instead of over a wire."""

    def __init__(self, key: str) -> None:
        super().__init__(0, key)

    def _request(self, method: str, path: str, body: Any) -> Any:
        answer = Client().generic(
            method,
            path,
            data=demo.json.dumps(body),
            content_type="application/json",
            headers={"x-api-key": self._key},
        )
        assert answer.status_code == 200, answer.content
        return answer.json()


def test_only_the_rows_with_a_slip_wait_and_a_second_run_changes_nothing(cast: Cast) -> None:
    client = Direct(cast.us.key)
    for _ in range(2):
        staff = send_practitioners(client, CLINICS)
        assert staff.is_whole
        assert ResourceRecord.objects.count() == staff.stored == 36
        assert RejectedRow.objects.open().count() == staff.rejected == 14
    assert set(ResourceRecord.objects.values_list("version", flat=True)) == {1}
    causes = Counter(row.errors[0]["code"] for row in RejectedRow.objects.open())
    assert causes.most_common(1) == [("language.tag", 6)]
    assert not ResourceRecord.objects.exclude(warnings=[]).exists()


def test_the_samples_doctors_are_among_them() -> None:
    licences = {row["config"]["id"] for row in practitioner_rows(CLINICS)}
    named = {line["doctorName"] for line in sample_lines() if line["doctorName"]}
    assert named <= licences
