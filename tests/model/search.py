"""Breadth first over every world that can be reached: what must hold in each, and that each has a way to its end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from plugin.core.transitions import IllegalTransition
from tests.model.move import Move

W = TypeVar("W", bound=Hashable)


@dataclass(frozen=True)
class Rules(Generic[W]):
    """What may follow a world, but for what changes nothing, and the promises that it breaks."""

    moves: Callable[[W], Iterator[Move[W]]]
    broken: Callable[[W], list[str]]


@dataclass(frozen=True)
class Found(Generic[W]):
    """How each world was reached first, what follows it at all and by itself, and the worlds that break a promise,
    with the promise."""

    reached: Mapping[W, tuple[W, str] | None]
    following: Mapping[W, tuple[W, ...]]
    fair: Mapping[W, tuple[W, ...]]
    broken: tuple[tuple[W, str], ...]

    def story(self, world: W) -> str:
        """The shortest way to a world, as numbered sentences."""
        sentences: list[str] = []
        came = self.reached[world]
        while came is not None:
            world, sentence = came
            sentences.append(sentence)
            came = self.reached[world]
        return "\n".join(f"{n}. {sentence}" for n, sentence in enumerate(reversed(sentences), 1))


def search(start: W, rules: Rules[W], depth: int = 100, *, until_broken: bool = False) -> Found[W]:
    """Every world within ``depth`` steps of ``start``; with ``until_broken`` up to the first broken promise."""
    reached: dict[W, tuple[W, str] | None] = {start: None}
    every: dict[W, tuple[W, ...]] = {}
    fair: dict[W, tuple[W, ...]] = {}
    broken: list[tuple[W, str]] = []
    ahead = deque([(start, 0)])
    while ahead and not (until_broken and broken):
        world, steps = ahead.popleft()
        broken += [(world, promise) for promise in rules.broken(world)]
        if steps == depth:
            continue
        try:
            following = [move for move in rules.moves(world) if move.after != world]
        except IllegalTransition as illegal:
            broken.append((world, f"What happens next is a step that the tables forbid: {illegal.detail}"))
            continue
        every[world] = tuple(move.after for move in following)
        fair[world] = tuple(move.after for move in following if move.is_fair)
        for move in following:
            if move.after not in reached:
                reached[move.after] = world, move.story
                ahead.append((move.after, steps + 1))
    return Found(reached, every, fair, tuple(broken))


def without_end(
    found: Found[W], is_good: Callable[[W], bool], following: Mapping[W, tuple[W, ...]] | None = None
) -> list[W]:
    """Liveness: the worlds from which nothing that happens by itself (or that is ``following``) leads to a good one."""
    following = found.fair if following is None else following
    before: dict[W, list[W]] = {}
    for world, after in following.items():
        for each in after:
            before.setdefault(each, []).append(world)
    good = deque(world for world in found.reached if is_good(world))
    reaching = set(good)
    while good:
        for world in before.get(good.popleft(), ()):
            if world not in reaching:
                reaching.add(world)
                good.append(world)
    return [world for world in following if world not in reaching]
