"""Reading a shop's versions, to show them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from plugin.core.errors import DomainError
from plugin.db import read, rows
from plugin.policies.live import NoPolicy
from plugin.policies.models import PolicyVersion
from plugin.policies.states import VersionState
from plugin.policies.version_refusals import NoDraft, NoSuchVersion, NothingScheduled

_MISSING: Mapping[str, type[DomainError]] = {
    VersionState.LIVE: NoPolicy, VersionState.SCHEDULED: NothingScheduled, VersionState.DRAFT: NoDraft,
}  # fmt: skip


async def versions_of(shop_id: str) -> list[PolicyVersion]:
    """All versions of the shop: the draft, the scheduled one, then those that were live, newest first."""
    return await read(
        PolicyVersion, "WHERE shop_id = $1 ORDER BY state = 'draft' DESC, number DESC NULLS FIRST", shop_id
    )


async def get_version(shop_id: str, which: str) -> PolicyVersion:
    """The version of this number, or the one that is live, scheduled or a draft.

    Raises ``NoSuchVersion``, ``NoPolicy``, ``NothingScheduled`` or ``NoDraft``.
    """
    if which in _MISSING:
        found = await read(PolicyVersion, "WHERE shop_id = $1 AND state = $2", shop_id, which)
    else:
        is_number = which.isascii() and which.isdecimal() and len(which) < 10
        number = int(which) if is_number else 0
        found = await read(PolicyVersion, "WHERE shop_id = $1 AND number = $2", shop_id, number)
    if not found:
        raise _MISSING.get(which, NoSuchVersion)(param="version")
    return found[0]


async def shops_with_due_versions(at: datetime) -> list[str]:
    """The shops of which a scheduled version's time has come."""
    due = await rows("SELECT shop_id FROM policy_versions WHERE state = 'scheduled' AND live_from <= $1", at)
    return [row["shop_id"] for row in due]
