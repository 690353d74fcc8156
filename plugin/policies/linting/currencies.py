"""Amounts that are missing for a currency which the policy names elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from plugin.policies.document import OTHERWISE, Policy, Then
from plugin.policies.linting.remarks import Remark, Severity

_WITHOUT = {
    "value_at_least": "an order in one of them counts as above every value",
    "item_value_at_least": "an order in one of them counts as above every value",
    "value_at_most": "an order in one of them is never within it",
    "item_value_at_most": "an order in one of them is never within it",
    "amounts": "an order in one of them pays no fee",
}


def missing_amounts(policy: Policy) -> Iterator[Remark]:
    """For each map of amounts, the currencies that only other ones name, and what that means."""
    maps = list(_maps(policy))
    everywhere = {currency for _, _, amounts in maps for currency in amounts}
    for row, field, amounts in maps:
        lacking = sorted(everywhere - set(amounts))
        if lacking:
            yield Remark(
                severity=Severity.WARNING, row=row, field=field, code="missing_currency",
                sentence=f"{field} of {row} names no amount in {', '.join(lacking)}, which other rows do: "
                f"{_WITHOUT[field.rpartition('.')[2]]}.",
            )  # fmt: skip


def _maps(policy: Policy) -> Iterator[tuple[str, str, Mapping[str, int]]]:
    for row in policy.rows:
        for name in _WITHOUT:
            if name != "amounts" and (amounts := getattr(row.when, name)):
                yield row.id, f"when.{name}", amounts
        yield from _fee(row.id, "then", row.then)
    for action, then in policy.otherwise.by_action.items():
        yield from _fee(OTHERWISE, action.value, then)


def _fee(row: str, where: str, then: Then) -> Iterator[tuple[str, str, Mapping[str, int]]]:
    if then.fee and then.fee.amounts:
        yield row, f"{where}.fee.amounts", then.fee.amounts
