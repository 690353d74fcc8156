"""Rows that answer below the law of a country, where they are overruled (``plugin.policies.law``).

What counts is a consumer's plain goods in the middle of the period. That a last day moves over a holiday, or that
another good of the order comes later, is for the law alone to see to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plugin.policies.conditions import Since, Span
from plugin.policies.document import OTHERWISE, Policy, Then
from plugin.policies.facts import Progress
from plugin.policies.law.conformities import CONFORMITIES
from plugin.policies.law.statutes import Conformity, Statute, Withdrawal
from plugin.policies.law.withdrawals import WITHDRAWALS
from plugin.policies.linting.implying import Budget, Case, Rows, covered
from plugin.policies.linting.remarks import Remark, Severity
from plugin.policies.linting.spans import is_at_least
from plugin.policies.reasons import Action, Outcome, Payer, Resolution
from plugin.ports.orders import LineKind

_WEEK, _WORKING_WEEK, _YEAR = 7, 5, 365
_SENT = frozenset({Progress.PARTLY_FULFILLED, Progress.FULFILLED})
_GOODS = frozenset({LineKind.PHYSICAL})
_SENT = frozenset({Progress.PARTLY_FULFILLED, Progress.FULFILLED})
_NAMED, _TOLD = 6, 2  # how many countries of a law, and how many laws, a sentence names


@dataclass(frozen=True)
class _Asked:
    """A row, or the answer when no row matched: when it is asked, and after which rows."""

    id: str
    where: str
    then: Then
    case: Case
    rows: Rows
    above: int


def below_law(
    policy: Policy, cases: Mapping[str, Case], budget: Budget, countries: Collection[str] | None
) -> Iterator[Remark]:
    """What returns and faults are answered below the law with; raises ``TooMuch``.

    ``countries`` are those that the shop sells to, None for all. It is an error where a row names its countries and is
    below the law of each of them; else a warning, because it may be meant for others.
    """
    for asked in _asked(policy, Action.RETURN, cases):
        yield from _remarks(policy, asked, WITHDRAWALS, budget, countries)
    for asked in _asked(policy, Action.FAULT, cases):
        yield from _remarks(policy, asked, CONFORMITIES, budget, countries)


def _asked(policy: Policy, action: Action, cases: Mapping[str, Case]) -> Iterator[_Asked]:
    rows = [row for row in policy.rows if row.action is action and row.id in cases]
    compared = Rows(cases[row.id] for row in rows)
    for number, row in enumerate(rows):
        yield _Asked(row.id, "then", row.then, cases[row.id], compared, compared.above(number))
    yield _Asked(OTHERWISE, action.value, policy.otherwise.by_action[action], {}, compared, compared.above(len(rows)))


def _remarks(
    policy: Policy, asked: _Asked, laws: Sequence[Statute], budget: Budget, countries: Collection[str] | None
) -> Iterator[Remark]:
    named: frozenset[str] | None = asked.case.get("countries")
    meant = named if countries is None else frozenset(countries) & (named or frozenset(countries))
    below: dict[tuple[str, str], list[tuple[Statute, frozenset[str]]]] = {}
    for law in laws:
        where = law.countries if meant is None else law.countries & meant
        faults = _below(law, asked.then)
        if where and faults and _reaches(policy, asked, law, where, budget):
            for fault in faults:
                below.setdefault(fault, []).append((law, where))
    for (field, does), found in below.items():
        affected = frozenset().union(*(where for _, where in found))
        is_error = named is not None and named <= affected and not _is_about_the_late(asked.case)
        yield Remark(
            severity=Severity.ERROR if is_error else Severity.WARNING,
            row=asked.id,
            field=f"{asked.where}.{field}",
            code="below_law",
            sentence=f"{_name(asked)} {does}, which is below the law of {_laws(found)}. "
            "There the law is followed whatever the policy says.",
            countries=tuple(sorted(affected)),
            sources=tuple(law.source.url for law, _ in found),
        )


def _below(law: Statute, then: Then) -> list[tuple[str, str]]:
    """In which field the answer is below this law, and what it does there."""
    if then.outcome is Outcome.REFUSE:
        return [("outcome", "refuses")]
    if isinstance(law, Conformity):
        return []
    found = []
    if then.resolutions is not None and Resolution.REFUND not in then.resolutions:
        found.append(("resolutions", "gives no refund"))
    if then.fee is not None and (
        (then.fee.percent or 0) > law.fee_percent or (then.fee.amounts and not law.fee_percent)
    ):
        found.append(("fee", "keeps a fee"))
    if then.label is Payer.SHOPPER and law.way_back is Payer.SHOP:
        found.append(("label", "makes the shopper pay the way back"))
    return found


def _reaches(policy: Policy, asked: _Asked, law: Statute, where: frozenset[str], budget: Budget) -> bool:
    """Whether a consumer's plain goods can come to this answer within the period of the law."""
    case: dict[str, Any] = {"personalised": False, **asked.case}
    period = Span(days=_calendar_days(law))
    since: Since | None = case.get("since_delivered")
    opens, closes = (since.at_least, since.at_most) if since else (None, None)
    if opens is not None and is_at_least(opens, period):
        return False
    if case.get("is_business") is True or (isinstance(law, Withdrawal) and _is_special(policy, case)):
        return False
    if LineKind.PHYSICAL not in case.get("line_kinds", _GOODS):
        return False
    case |= {
        "countries": where,
        "order_states": case.get("order_states", _SENT) & _SENT,
        "is_business": False,
        "line_kinds": _GOODS,
        "since_delivered": Since(
            at_least=opens, at_most=closes if closes is not None and is_at_least(period, closes) else period
        ),
    }
    return not covered(case, asked.rows, asked.above, budget)


def _is_about_the_late(case: Case) -> bool:
    """Whether the row waits for time to pass from something else than delivery: then it is below the law by chance."""
    return any(name in case and case[name].at_least is not None for name in ("since_placed", "since_shipped"))


def _is_special(policy: Policy, case: Case) -> bool:
    """Whether all that the case is about is of a kind that may be exempt, by the policy's own word on its goods."""
    if "goods" in case or case.get("personalised") is True:
        return True
    return any(
        name in case and case[name] <= frozenset(getattr(selector, name) or ())
        for selector in policy.goods.values()
        for name in ("products", "tags", "categories", "line_kinds")
    )


def _calendar_days(law: Statute) -> int:
    """The period in days as a calendar without holidays counts them."""
    if isinstance(law, Conformity):
        return law.years * _YEAR + law.days
    return law.days // _WORKING_WEEK * _WEEK if law.business_days else law.days


def _laws(found: Sequence[tuple[Statute, frozenset[str]]]) -> str:
    said = [_says(law, where) for law, where in found[:_TOLD]]
    more = sum(len(where) for _, where in found[_TOLD:])
    return "; ".join(said) + (f"; and of {more} more countries" if more else "")


def _says(law: Statute, where: frozenset[str]) -> str:
    some = sorted(where)
    names = ", ".join(some[:_NAMED]) + (f" and {len(some) - _NAMED} more" if len(some) > _NAMED else "")
    if isinstance(law, Conformity):
        length = f"{law.years} years" if law.years else f"{law.days} days"
    else:
        length = f"{law.days} business days" if law.business_days else f"{law.days} days"
    return f"{names} ({length}: {law.source.act}, {law.source.article})"


def _name(asked: _Asked) -> str:
    return f"Row {asked.id}" if asked.id != OTHERWISE else f"The answer to a {asked.where} when no row matches"
