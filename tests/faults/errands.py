"""Which runs make up a round of ``make faults``: every point with every seed, every nemesis with some of them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from msgspec import Struct

from tests.faults.nemeses import NEEDS_REDIS, NEMESES
from tests.faults.plan import MIDWAY, POINTS, Plan, make_plan, plan_of
from tests.faults.town import Mode

SHORT_LEASE, REAL_LEASE = 5, 30
REAL_EVERY = 5
"""One seed in so many has the lease that is in service; the others a short one, so that a run takes seconds."""

MASS = " refunds, first answer dropped"
"""How the name of a mass run ends, which begins with how many there are."""

_BY_CHANCE = "by chance"


class Errand(Struct, frozen=True, kw_only=True):
    """One run, and all that is needed to play it again. ``lease`` is in seconds."""

    seed: int
    mode: Mode
    lease: int
    name: str

    @property
    def plan(self) -> Plan:
        return plan_of(self.seed, self.mode, self.name)

    @property
    def replay(self) -> str:
        """The command that plays it again, alone."""
        return (
            f"python -m tests.faults --first {self.seed} --modes {self.mode} --lease {self.lease} "
            f'--exactly "{self.name}" --verbose --logs'
        )


def mass_of(errand: Errand) -> int | None:
    """How many refunds a mass run makes; None for any other."""
    return int(errand.name.removesuffix(MASS)) if errand.name.endswith(MASS) else None


def lease_of(seed: int, asked: int | None) -> int:
    """The lease that was asked for, or the seed's own."""
    if asked is not None:
        return asked
    return REAL_LEASE if seed % REAL_EVERY == 0 else SHORT_LEASE


def modes_of(seed: int, asked: Sequence[Mode]) -> tuple[Mode, ...]:
    """The modes that were asked for, or the seed's own."""
    return tuple(asked) or (Mode.REDIS if seed % 2 else Mode.EMBEDDED,)


def round_of(
    seeds: Sequence[int], *, modes: Sequence[Mode] = (), lease: int | None = None, nemeses_every: int = 1,
    only: Sequence[str] = (),
) -> list[Errand]:  # fmt: skip
    """Every errand of a round. A nemesis is played with every ``nemeses_every``th of the seeds."""
    errands = []
    for n, seed in enumerate(seeds):
        for mode in modes_of(seed, modes):
            names = [*POINTS, *(_others(seed, mode) if n % nemeses_every == 0 else ())]
            errands += [
                Errand(seed=seed, mode=mode, lease=lease_of(seed, lease), name=name)
                for name in names
                if not only or any(part in name for part in only)
            ]
    return errands


def _others(seed: int, mode: Mode) -> Iterator[str]:
    """What is not one of the sixteen points: comings and goings, nemeses, and two or three things at once."""
    names = [name for name in NEMESES if mode is Mode.REDIS or name not in NEEDS_REDIS]
    yield from MIDWAY
    yield from names
    yield _by_chance(seed, mode, names, is_struck=True)
    yield _by_chance(seed, mode, names, is_struck=False)


def _by_chance(seed: int, mode: Mode, names: Sequence[str], *, is_struck: bool) -> str:
    """Two nemeses that do not strike at the same server, with a point or without."""
    dice = random.Random(f"{_BY_CHANCE}:{seed}:{is_struck}")
    names = [name for name in names if not name.endswith("_a_minute")]
    if is_struck:  # one order at a time can lie ready for the processes, and a frozen one needs its own
        names = [name for name in names if not name.startswith("worker_")]
    first = dice.choice(names)
    second = dice.choice([name for name in names if _server(name) != _server(first)])
    strike = dice.choice(POINTS) if is_struck else ""
    return make_plan(seed, mode, strike=strike, nemeses=(first, second)).name


_SAME_SERVER = {"codes": "stripe", "commit": "postgres", "clock": "worker"}


def _server(name: str) -> str:
    """Whom a nemesis strikes at."""
    first = name.partition("_")[0]
    return _SAME_SERVER.get(first, first)
