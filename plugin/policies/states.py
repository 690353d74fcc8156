"""The states of a policy's version. A live one is never changed and never comes back: its document can be published
again, as a version of its own."""

from __future__ import annotations

from enum import StrEnum

from plugin.core.transitions import TransitionTable


class VersionState(StrEnum):
    DRAFT = "draft"  # being written; decides nothing
    SCHEDULED = "scheduled"  # agreed on, and live from its time on
    LIVE = "live"  # decides now
    ARCHIVED = "archived"  # was live; still decides for the orders of its time where it is the better one


_S = VersionState

VERSION = TransitionTable[VersionState](
    moves={
        _S.DRAFT: frozenset({_S.SCHEDULED, _S.LIVE}),
        _S.SCHEDULED: frozenset({_S.DRAFT, _S.LIVE}),
        _S.LIVE: frozenset({_S.ARCHIVED}),
        _S.ARCHIVED: frozenset(),
    },
)
