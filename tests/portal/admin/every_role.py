"""Each role in turn, for tests that open page after page."""

from __future__ import annotations

import pytest

from portal.models import Role

of_each_role = pytest.mark.parametrize(
    "role",
    [
        pytest.param(
            role, id=str(role), marks=[] if role is Role.ADMIN else pytest.mark.sqlite_only
        )
        for role in Role
    ],
)
"""Who may open what is the same on every database; whether all its statements run on PostgreSQL,
too, an admin's pages tell."""
