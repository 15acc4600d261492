"""What the schema says of lists: a page is an object with its items, not an array of pages."""

from __future__ import annotations

import pytest

from tests.portal.api.published import published

BEHIND = "/v2/api-integration"


@pytest.mark.parametrize(
    "path",
    [
        "/integrations/v2/resource-records",
        f"{BEHIND}/batches",
        f"{BEHIND}/payers",
        f"{BEHIND}/tasks",
        f"{BEHIND}/webhooks",
        f"{BEHIND}/webhooks/{{webhook_id}}/deliveries",
    ],
)
def test_a_list_answers_one_page(path: str) -> None:
    answer = published()["paths"][path]["get"]["responses"]["200"]

    assert list(answer["content"]["application/json"]["schema"]) == ["$ref"]
