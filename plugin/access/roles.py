"""What the people of a shop may do: five roles, a closed list of permissions, and the table between them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Permission(StrEnum):
    """One thing that a person may do in the admin API. The value is what a refusal names."""

    READ_CASES = "read_cases"  # the queue, a case with its order, its refunds and what was said about it
    READ_POLICIES = "read_policies"  # versions, differences and back-tests
    DECIDE_CASES = "decide_cases"  # approve and refuse as the policy has it, ask the store again, write notes
    MOVE_MONEY = "move_money"  # override, pay less, pay by hand, try a refund again, let a frozen order go on
    PAUSE = "pause"  # the kill switch: from now on a person decides everything
    READ_AUDIT = "read_audit"
    WRITE_POLICIES = "write_policies"  # drafts, and the snippets of messages
    PUBLISH_POLICIES = "publish_policies"
    MANAGE_CODES = "manage_codes"  # revoke, budgets
    MANAGE_STAFF = "manage_staff"  # up to one's own role
    EXPORT = "export"  # data of many people at once
    MANAGE_SHOP = "manage_shop"  # settings, keys, caps, what was set aside


class Role(StrEnum):
    """From the one who may do least to the one who may do most."""

    VIEWER = "viewer"
    AGENT = "agent"
    APPROVER = "approver"
    ADMIN = "admin"
    OWNER = "owner"

    @property
    def rank(self) -> int:
        return tuple(Role).index(self)


# What each role may do beyond the one before it.
_GAINS: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({Permission.READ_CASES, Permission.READ_POLICIES}),
    Role.AGENT: frozenset({Permission.DECIDE_CASES}),
    Role.APPROVER: frozenset({Permission.MOVE_MONEY, Permission.PAUSE, Permission.READ_AUDIT}),
    Role.ADMIN: frozenset(
        {
            Permission.WRITE_POLICIES, Permission.PUBLISH_POLICIES, Permission.MANAGE_CODES, Permission.MANAGE_STAFF,
            Permission.EXPORT,
        }
    ),
    Role.OWNER: frozenset({Permission.MANAGE_SHOP}),
}  # fmt: skip


def permissions_of(role: Role) -> frozenset[Permission]:
    """All that a role may do: its own gains and those of every role below it."""
    return frozenset[Permission]().union(*(gains for each, gains in _GAINS.items() if each.rank <= role.rank))
