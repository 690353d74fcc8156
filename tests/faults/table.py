"""The table of a round: point, runs, violations, recovery; for the terminal, and as ``docs/faults.md``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.faults.nemeses import NEMESES
from tests.faults.plan import MIDWAY, POINTS, SEVERAL, TWO
from tests.faults.results import Result

_ORDER = {name: n for n, name in enumerate((*POINTS, *MIDWAY, *NEMESES, TWO, SEVERAL))}
_PLAYED = (
    "Each run, but those of many refunds, is a new shop with four orders. Three shoppers cancel, whole or in parts. "
    "The fourth's goods have arrived, and their ways take turns by point and seed: sent back, counted in and "
    "inspected (one unit of several is rejected); exchanged for something dearer, with the difference paid on "
    "Stripe's page; damaged and sent again; withdrawn from by law, in public, and sent back. In about half of the "
    "runs at a point nobody cancels before that shopper has asked everything. Where a person of the shop is struck "
    "(`midway approve`, `refuse`, `retry`, `paid`) there are the three cancellations alone."
)
_HEADS = ("point or nemesis", "runs", "did not strike", "violations", "recovery p50", "p99")


class Row(NamedTuple):
    name: str
    runs: int
    missed: int
    violations: int
    p50: str
    p99: str


def rows_of(results: Sequence[Result]) -> Iterator[Row]:
    """One for each point and nemesis, one for all with each lease, and one for all."""
    by_line: dict[str, list[Result]] = defaultdict(list)
    by_lease: dict[int, list[Result]] = defaultdict(list)
    for result in results:
        by_line[result.line].append(result)
        by_lease[result.errand.lease].append(result)
    for line in sorted(by_line, key=lambda name: _ORDER.get(name, len(_ORDER))):
        yield _row(line, by_line[line])
    for lease in sorted(by_lease):
        yield _row(f"all with a lease of {lease} s", by_lease[lease])
    yield _row("all", results)


def _row(name: str, results: Sequence[Result]) -> Row:
    took = sorted(each.recovery for each in results if each.recovery is not None and not each.missed)
    missed = sum(bool(each.missed) for each in results)
    broken = sum(bool(each.broken) for each in results)
    return Row(name, len(results), missed, broken, _at(took, 50), _at(took, 99))


def _at(took: Sequence[float], percent: int) -> str:
    if not took:
        return "-"
    return f"{took[min(len(took) - 1, len(took) * percent // 100)]:.1f} s"


def table(results: Sequence[Result]) -> str:
    """For a terminal."""
    lines = [f"{_HEADS[0]:<40} {_HEADS[1]:>5} {_HEADS[2]:>14} {_HEADS[3]:>10} {_HEADS[4]:>12} {_HEADS[5]:>7}"]
    lines += [
        f"{row.name:<40} {row.runs:>5} {row.missed:>14} {row.violations:>10} {row.p50:>12} {row.p99:>7}"
        for row in rows_of(results)
    ]
    return "\n".join(lines)


def page(results: Sequence[Result], told: str) -> str:
    """``docs/faults.md``. ``told`` says how it was run."""
    lines = [
        "# Faults: the last round", "", told, "", _PLAYED, "",
        f"| {' | '.join(_HEADS)} |", "| --- | ---: | ---: | ---: | ---: | ---: |",
        *(f"| {' | '.join(map(str, row))} |" for row in rows_of(results)),
    ]  # fmt: skip
    played = {result.line for result in results}
    if unplayed := [name for name in _ORDER if name not in played]:
        lines += ["", f"Not played in this round: {', '.join(unplayed)}."]
    broken = [result for result in results if result.broken]
    if broken:
        lines += ["", "## Violations", ""]
        for result in broken:
            lines += [f"- `{result.errand.replay}`", *(f"  - {sentence}" for sentence in result.broken)]
    return "\n".join(lines) + "\n"
