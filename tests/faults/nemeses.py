"""The adversities of SECURITY.md, each a coroutine that does its worst for a moment and then heals what it broke."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.faults.plan import Plan
from tests.faults.story import Timeline
from tests.faults.town import Place, Town


@dataclass(frozen=True)
class Scene:
    """What a nemesis may lay its hands on."""

    town: Town
    place: Place
    timeline: Timeline
    plan: Plan


Nemesis = Callable[[Scene], Awaitable[None]]

NEMESES: dict[str, Nemesis] = {}
