"""Who may do what, cell by cell: a change of the table is a change of this test."""

from __future__ import annotations

import pytest

from plugin.access.roles import Permission, Role, permissions_of

# By permission: viewer, agent, approver, admin, owner.
MATRIX = {
    Permission.READ_CASES: (1, 1, 1, 1, 1),
    Permission.READ_POLICIES: (1, 1, 1, 1, 1),
    Permission.DECIDE_CASES: (0, 1, 1, 1, 1),
    Permission.MOVE_MONEY: (0, 0, 1, 1, 1),
    Permission.PAUSE: (0, 0, 1, 1, 1),
    Permission.READ_AUDIT: (0, 0, 1, 1, 1),
    Permission.WRITE_POLICIES: (0, 0, 0, 1, 1),
    Permission.PUBLISH_POLICIES: (0, 0, 0, 1, 1),
    Permission.MANAGE_CODES: (0, 0, 0, 1, 1),
    Permission.MANAGE_STAFF: (0, 0, 0, 1, 1),
    Permission.EXPORT: (0, 0, 0, 1, 1),
    Permission.MANAGE_SHOP: (0, 0, 0, 0, 1),
}


def test_the_matrix_is_whole() -> None:
    assert set(MATRIX) == set(Permission)
    assert {len(row) for row in MATRIX.values()} == {len(Role)}


@pytest.mark.parametrize("permission", Permission)
def test_each_role_may_what_the_matrix_says(permission: Permission) -> None:
    assert tuple(int(permission in permissions_of(role)) for role in Role) == MATRIX[permission]
