"""One file brought in by two people at the same moment."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from django.db import connection

from eligibility.files.report import FileReport
from eligibility.models import Batch, EligibilityTask
from eligibility.operations import imports
from portal.models import FileImport, RejectedRow, Submission
from tests.cast import Cast
from tests.eligibility.files.making import bring, make_cells, make_file


def test_each_row_comes_in_once(committed_cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "CHUNK", 10)
    clinic = committed_cast.us.first
    cells = [make_cells(n, client_reference="") for n in range(60)]
    content = make_file([*cells, make_cells(60, tpa_name="NOBODY")])
    begin, reports = Barrier(3), list[FileReport]()

    def come_in() -> None:
        try:
            begin.wait(timeout=20)
            reports.append(bring(content, clinic))
        finally:
            connection.close()

    threads = [Thread(target=come_in) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(reports) == 3
    assert any(report.is_done for report in reports)
    assert EligibilityTask.objects.count() == 60
    assert RejectedRow.objects.count() == 1
    assert (Submission.objects.get().total_rows, Batch.objects.count()) == (61, 1)
    assert FileImport.objects.get().finished_at is not None
