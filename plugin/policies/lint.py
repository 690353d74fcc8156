"""What is wrong, or odd, with a policy that could be read: said per row, each remark a sentence.

An error keeps it from being published: a row that can never answer, two rows that contradict each other, a row written
for countries whose law it is below, a text that hides something. A warning does not: a row that is never reached, an
amount that is missing in a currency, an answer below the law of some of the countries that it is about (where the law
is followed anyway). A remark is made only where it is sure; a row without one may still be odd.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from plugin.policies.document import Policy
from plugin.policies.linting.below_law import below_law
from plugin.policies.linting.currencies import missing_amounts
from plugin.policies.linting.implying import Budget, TooMuch, case_of
from plugin.policies.linting.impossible import impossible
from plugin.policies.linting.remarks import Remark, Severity
from plugin.policies.linting.shadowed import shadowed
from plugin.policies.linting.strange_text import strange_text
from plugin.policies.reasons import Action

_COMPARISONS = 400_000  # a fraction of a second
_TOO_ENTANGLED = Remark(
    severity=Severity.WARNING,
    row="",
    field="rows",
    code="too_entangled",
    sentence="The rows are so many and so entangled that not all of them could be compared.",
)


def lint(policy: Policy, countries: Collection[str] | None = None) -> tuple[Remark, ...]:
    """All remarks, errors first, then as the rows stand. ``countries``: where the shop sells to, None: everywhere."""
    remarks = [remark for row in policy.rows for remark in impossible(policy, row)]
    remarks += [*strange_text(policy), *missing_amounts(policy)]
    dead = {remark.row for remark in remarks if remark.code == "never"}
    try:
        for remark in _compared(policy, dead, countries):
            remarks.append(remark)
    except TooMuch:
        remarks.append(_TOO_ENTANGLED)
    order = {row.id: number for number, row in enumerate(policy.rows)}
    return tuple(sorted(remarks, key=lambda each: (each.severity, order.get(each.row, len(order)))))


def has_errors(remarks: Collection[Remark]) -> bool:
    return any(remark.severity is Severity.ERROR for remark in remarks)


def _compared(policy: Policy, dead: Collection[str], countries: Collection[str] | None) -> Iterator[Remark]:
    """What only shows when rows are compared; rows that never answer are left out of it. Raises ``TooMuch``."""
    alive = [row for row in policy.rows if row.id not in dead]
    cases = {row.id: case_of(row.when) for row in alive}
    budget = Budget(_COMPARISONS)
    for action in Action:
        yield from shadowed([row for row in alive if row.action is action], cases, budget)
    yield from below_law(policy, cases, budget, countries)
