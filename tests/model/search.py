"""Breadth first over every world that can be reached: what must hold in each, and that each has a way to its end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from plugin.cases.states import WAITS_ON, WaitsOn
from plugin.core.transitions import IllegalTransition
from plugin.refunds.states import SETTLED
from tests.model.move import Move
from tests.model.moves import moves
from tests.model.world import LIVE, C, L, World

Moves = Callable[[World], Iterator[Move]]


@dataclass(frozen=True)
class Found:
    """How each world was reached first, and the worlds that break a promise, with the promise."""

    reached: Mapping[World, tuple[World, str] | None]
    fair: Mapping[World, tuple[World, ...]]
    broken: tuple[tuple[World, str], ...]

    def story(self, world: World) -> str:
        """The shortest way to a world, as numbered sentences."""
        sentences: list[str] = []
        came = self.reached[world]
        while came is not None:
            world, sentence = came
            sentences.append(sentence)
            came = self.reached[world]
        return "\n".join(f"{n}. {sentence}" for n, sentence in enumerate(reversed(sentences), 1))


def search(start: World, depth: int = 100, moves: Moves = moves, *, until_broken: bool = False) -> Found:
    """Every world within ``depth`` steps of ``start``; with ``until_broken`` up to the first broken promise."""
    reached: dict[World, tuple[World, str] | None] = {start: None}
    fair: dict[World, tuple[World, ...]] = {}
    broken: list[tuple[World, str]] = []
    ahead = deque([(start, 0)])
    while ahead and not (until_broken and broken):
        world, steps = ahead.popleft()
        broken += [(world, promise) for promise in broken_promises(world)]
        if steps == depth:
            continue
        try:
            following: list[Move] = list(moves(world))
        except IllegalTransition as illegal:
            broken.append((world, f"What happens next is a step that the tables forbid: {illegal.detail}"))
            continue
        fair[world] = tuple(move.after for move in following if move.is_fair)
        for move in following:
            if move.after not in reached:
                reached[move.after] = world, move.story
                ahead.append((move.after, steps + 1))
    return Found(reached, fair, tuple(broken))


def broken_promises(world: World) -> list[str]:
    """Safety: what may be true of no world."""
    stripes = world.paid[-1]
    promises = {
        "I2: an ended case owns units that wait": world.is_over and world.units == "open",
        "I2: a refused case owns units": world.case is C.REFUSED and world.units != "released",
        "I7: our books give more than the payment has, and the order is not frozen": world.refundable < 0
        and not world.is_frozen,
        "I7: Stripe gave more than the payment had": world.given_by_stripe + (world.elsewhere == "refund") > 1,
        "I8: two refunds were made for one debt": world.given_by_stripe > 1,
        "I8: a leg has succeeded, and Stripe knows nothing of it": world.leg is L.SUCCEEDED
        and not (world.paid_by_hand and not stripes)
        and stripes not in (*LIVE, "failed"),
        "I8: a person paid by hand what Stripe has paid": world.paid_by_hand and stripes in LIVE,
        "I8: a leg counts as failed or released, and Stripe has paid it": world.leg in (L.FAILED, L.RELEASED)
        and stripes in LIVE,
        "money moved before the store agreed": not world.has_agreed and (any(world.paid) or world.second_was_sent),
        "a refused case holds money": world.case is C.REFUSED and world.is_held,
        "a case is done and its money is on its way": world.case is C.DONE
        and any(leg not in SETTLED for leg in world.legs),
        "I12: two codes for one case": world.minted > 1,
        "I12: a code was redeemed again without being given back": world.redeemed > world.given_back + 1,
        "I12: a code was given back twice": world.given_back > 1,
    }
    return [promise for promise, is_broken in promises.items() if is_broken]


def is_at_rest(world: World) -> bool:
    """Over with its money, or with a person."""
    return world.is_over or WAITS_ON[world.case] is WaitsOn.STAFF


def without_end(found: Found) -> list[World]:
    """Liveness: the worlds from which nothing that happens by itself leads to rest."""
    before: dict[World, list[World]] = {}
    for world, following in found.fair.items():
        for after in following:
            before.setdefault(after, []).append(world)
    good = deque(world for world in found.reached if is_at_rest(world) and world.call == "")
    reaching = set(good)
    while good:
        for world in before.get(good.popleft(), ()):
            if world not in reaching:
                reaching.add(world)
                good.append(world)
    return [world for world in found.fair if world not in reaching]
