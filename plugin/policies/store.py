"""Reading a shop's versions, to show them and to publish one again."""

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


async def page_of_versions(shop_id: str, limit: int, before: int | None = None) -> list[PolicyVersion]:
    """The versions without a number first, then the others, newest first; with ``before`` those of lower numbers."""
    return await read(
        PolicyVersion,
        "WHERE shop_id = $1 AND ($2::int IS NULL OR number < $2) ORDER BY number DESC NULLS FIRST, id LIMIT $3",
        shop_id, before, limit,
    )  # fmt: skip


async def version_that_is(shop_id: str, state: VersionState) -> PolicyVersion:
    """The version that is live, scheduled or the draft; raises ``NoPolicy``, ``NothingScheduled`` or ``NoDraft``."""
    found = await read(PolicyVersion, "WHERE shop_id = $1 AND state = $2", shop_id, state)
    if not found:
        raise _MISSING[state]()
    return found[0]


async def numbered_version(shop_id: str, number: int) -> PolicyVersion:
    """The version that went live under this number; raises ``NoSuchVersion``."""
    found = await read(PolicyVersion, "WHERE shop_id = $1 AND number = $2", shop_id, number)
    if not found:
        raise NoSuchVersion(detail=f"This shop's policy never had a version {number}.", param="number")
    return found[0]


def number_from(text: str) -> int:
    """A version's number as people and addresses write it; raises ``NoSuchVersion`` for what is none."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and 0 < int(text) < 2**31):
        raise NoSuchVersion(param="number")
    return int(text)


async def get_version(shop_id: str, which: str) -> PolicyVersion:
    """The version of this number, or the one that is ``live``, ``scheduled`` or the ``draft``.

    Raises ``NoSuchVersion``, ``NoPolicy``, ``NothingScheduled`` or ``NoDraft``.
    """
    if which in _MISSING:
        return await version_that_is(shop_id, VersionState(which))
    return await numbered_version(shop_id, number_from(which))


async def shops_with_due_versions(at: datetime) -> list[str]:
    """The shops of which a scheduled version's time has come."""
    due = await rows("SELECT shop_id FROM policy_versions WHERE state = 'scheduled' AND live_from <= $1", at)
    return [row["shop_id"] for row in due]
