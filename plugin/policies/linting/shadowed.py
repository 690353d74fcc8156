"""Rows that are never reached, and rows that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from plugin.policies.document import Row
from plugin.policies.linting.implying import Budget, Case, Rows, covered, implies
from plugin.policies.linting.remarks import Remark, Severity


def shadowed(rows: Sequence[Row], cases: Mapping[str, Case], budget: Budget) -> Iterator[Remark]:
    """Of the rows of one action, in order, those for which the rows above leave nothing over; raises ``TooMuch``."""
    compared = Rows(cases[row.id] for row in rows)
    for number, row in enumerate(rows):
        case = cases[row.id]
        above = compared.above(number)
        meeting = (rows[each] for each in compared.chosen(compared.meeting(case, above)))
        first = next((each for each in meeting if implies(case, cases[each.id])), None)
        if first is None:
            if covered(case, compared, above, budget):
                yield _unreachable(row, "the rows above it answer whatever it is about")
        elif implies(cases[first.id], case) and first.then != row.then:
            yield Remark(
                severity=Severity.ERROR, row=row.id, field="when", code="contradictory",
                sentence=f"Rows {first.id} and {row.id} have the same conditions and different answers; "
                f"only {first.id} is ever asked.",
            )  # fmt: skip
        else:
            yield _unreachable(row, f"row {first.id} above it answers whatever it is about")


def _unreachable(row: Row, why: str) -> Remark:
    return Remark(
        severity=Severity.WARNING, row=row.id, field="when", code="unreachable",
        sentence=f"Row {row.id} is never asked: {why}. Move it up, or leave it out.",
    )  # fmt: skip
