"""The table of a long run: point, runs, violations, recovery."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain

from tests.faults.run import Outcome


def table(outcomes: Sequence[Outcome]) -> str:
    """One line for each point and nemesis, one for all."""
    by_name: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_name[outcome.plan.line].append(outcome)
    lines = [f"{'point or nemesis':<36} {'runs':>5} {'struck':>6} {'violations':>10} {'p50':>7} {'p99':>7}"]
    lines += [_line(name, each) for name, each in by_name.items()]
    lines.append(_line("all", list(chain.from_iterable(by_name.values()))))
    return "\n".join(lines)


def _line(name: str, outcomes: Sequence[Outcome]) -> str:
    took = sorted(each.recovery for each in outcomes if each.recovery is not None)
    struck = sum(each.struck for each in outcomes)
    broken = sum(bool(each.broken) for each in outcomes)
    return f"{name:<36} {len(outcomes):>5} {struck:>6} {broken:>10} {_at(took, 50):>7} {_at(took, 99):>7}"


def _at(took: Sequence[float], percent: int) -> str:
    if not took:
        return "-"
    return f"{took[min(len(took) - 1, len(took) * percent // 100)]:.1f} s"
