"""A step of a story."""

from __future__ import annotations

from typing import NamedTuple

from tests.model.world import World


class Move(NamedTuple):
    """What happens, in a sentence, and the world after it."""

    story: str
    after: World
    is_fair: bool = True
