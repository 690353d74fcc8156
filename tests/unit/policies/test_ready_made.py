"""The ready-made policies, each asked what its shoppers will ask; and none of them needs a remark."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plugin.policies.decide import decide
from plugin.policies.document import canonical_policy, parse_policy
from plugin.policies.facts import Ask, Progress
from plugin.policies.lint import lint
from plugin.policies.ready_made.shelf import READY
from plugin.policies.reasons import Action, FaultKind, Outcome, Reason, Resolution
from plugin.policies.rules import compile_policy
from plugin.ports.orders import LineKind
from tests.unit.policies.making import a_line, an_order

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RULES = {name: compile_policy(policy) for name, policy in READY.items()}

CANCEL, RETURN, EXCHANGE, FAULT = Action
A, V, R = Outcome.APPROVE, Outcome.REVIEW, Outcome.REFUSE

# The policy, the action, hours since the order was placed (it was delivered after 48), the line, the answer, its reason
ASKS: list[tuple[str, Action, int, dict[str, Any], Outcome, Reason]] = [
    ("fashion", CANCEL, 5, {}, A, Reason.ALLOWED),
    ("fashion", CANCEL, 5, {"kind": LineKind.GIFT_CARD}, R, Reason.GIFT_CARD),
    ("fashion", CANCEL, 0, {"tags": ("personalised",)}, A, Reason.ALLOWED),
    ("fashion", CANCEL, 2, {"personalised": True}, R, Reason.MADE_TO_ORDER),
    ("fashion", RETURN, 24 * 10, {}, A, Reason.ALLOWED),
    ("fashion", RETURN, 24 * 10, {"final_sale": True}, A, Reason.ALLOWED),
    ("fashion", RETURN, 24 * 20, {"final_sale": True}, R, Reason.FINAL_SALE),
    ("fashion", RETURN, 24 * 20, {}, A, Reason.ALLOWED),
    ("fashion", RETURN, 24 * 50, {}, A, Reason.ALLOWED),
    ("fashion", RETURN, 24 * 70, {}, R, Reason.WINDOW_OVER),
    ("fashion", RETURN, 24 * 10, {"tags": ("sealed-hygiene",)}, R, Reason.SEALED_GOODS),
    ("fashion", EXCHANGE, 24 * 50, {}, A, Reason.ALLOWED),
    ("fashion", EXCHANGE, 24 * 70, {}, R, Reason.WINDOW_OVER),
    ("fashion", FAULT, 24 * 10, {}, A, Reason.ALLOWED),
    ("fashion", FAULT, 24 * 100, {}, V, Reason.PERSON_DECIDES),
    ("electronics", CANCEL, 5, {"kind": LineKind.DIGITAL}, R, Reason.DIGITAL_GOODS),
    ("electronics", RETURN, 24 * 10, {}, A, Reason.ALLOWED),
    ("electronics", RETURN, 24 * 20, {}, A, Reason.ALLOWED),
    ("electronics", RETURN, 24 * 40, {}, R, Reason.WINDOW_OVER),
    ("electronics", RETURN, 24 * 10, {"total": 300_000}, V, Reason.HIGH_VALUE),
    ("electronics", EXCHANGE, 24 * 20, {}, A, Reason.ALLOWED),
    ("electronics", FAULT, 24 * 20, {"total": 300_000}, V, Reason.HIGH_VALUE),
    ("food", CANCEL, 4, {"tags": ("perishable",)}, A, Reason.ALLOWED),
    ("food", CANCEL, 5, {"tags": ("perishable",)}, R, Reason.BEING_PREPARED),
    ("food", CANCEL, 30, {}, A, Reason.ALLOWED),
    ("food", RETURN, 72, {"tags": ("perishable",)}, R, Reason.PERISHABLE),
    ("food", RETURN, 72, {}, A, Reason.ALLOWED),
    ("food", EXCHANGE, 72, {"tags": ("perishable",)}, R, Reason.PERISHABLE),
    ("food", FAULT, 72, {"tags": ("perishable",)}, A, Reason.ALLOWED),
    ("food", FAULT, 24 * 30, {"tags": ("perishable",)}, V, Reason.PERSON_DECIDES),
    ("made-to-order", CANCEL, 23, {"personalised": True}, A, Reason.ALLOWED),
    ("made-to-order", CANCEL, 25, {"personalised": True}, V, Reason.MADE_TO_ORDER),
    ("made-to-order", CANCEL, 73, {"tags": ("made-to-order",)}, R, Reason.MADE_TO_ORDER),
    ("made-to-order", RETURN, 72, {"tags": ("made-to-order",)}, R, Reason.MADE_TO_ORDER),
    ("made-to-order", RETURN, 72, {}, A, Reason.ALLOWED),
    ("made-to-order", EXCHANGE, 72, {"personalised": True}, V, Reason.MADE_TO_ORDER),
    ("made-to-order", FAULT, 24 * 20, {"personalised": True, "total": 90_000}, A, Reason.ALLOWED),
    ("default", CANCEL, 5, {}, A, Reason.ALLOWED),
    ("default", RETURN, 72, {}, R, Reason.NOT_OFFERED),
]


def answered(name: str, action: Action, hours: int, line: dict[str, Any], **order: Any) -> Any:
    sent = action is not CANCEL
    facts: dict[str, Any] = {"total": 15_000, "fulfilled": 3 if sent else 0}
    if sent:
        facts |= {"shipped_at": MONDAY, "delivered_at": MONDAY + timedelta(hours=48)}
    state = Progress.FULFILLED if sent else Progress.UNFULFILLED
    placed = an_order(a_line(**(facts | line)), placed_at=MONDAY, state=state, country="US", **order)
    ask = Ask(action=action, whole=True, fault=FaultKind.DAMAGED if action is FAULT else None)
    return decide(placed, ask, RULES[name], MONDAY + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("name", "action", "hours", "line", "outcome", "reason"),
    ASKS,
    ids=[f"{a[0]} {a[1]} {a[2]}" for a in ASKS],
)
def test_what_shoppers_ask(
    name: str, action: Action, hours: int, line: dict[str, Any], outcome: Outcome, reason: Reason
) -> None:
    decision = answered(name, action, hours, line)
    assert (decision.outcome, decision.lines[0].reason) == (outcome, reason)


def test_what_a_return_is_worth_changes_with_time() -> None:
    late = answered("fashion", RETURN, 24 * 50, {}).lines[0]
    assert late.resolutions == (Resolution.STORE_CREDIT, Resolution.EXCHANGE)
    assert late.bonus == 1_500
    assert answered("electronics", RETURN, 24 * 10, {}).amounts.fee == 0
    assert answered("electronics", RETURN, 24 * 20, {}).amounts.fee == 2_250


@pytest.mark.parametrize("name", ["fashion", "electronics", "food", "made-to-order"])
def test_what_is_small_or_spoilt_need_not_come_back(name: str) -> None:
    line = answered(name, FAULT, 72, {"total": 3_000, "tags": ("perishable",)}).lines[0]
    assert (line.outcome, line.keep_item) == (A, True)


def test_what_never_came_is_looked_for_by_a_person() -> None:
    for name in ("fashion", "electronics", "food", "made-to-order"):
        line = a_line(total=3_000, fulfilled=3, shipped_at=MONDAY)
        order = an_order(line, placed_at=MONDAY, state=Progress.FULFILLED)
        ask = Ask(action=FAULT, whole=True, fault=FaultKind.NOT_ARRIVED)
        assert decide(order, ask, RULES[name], MONDAY + timedelta(days=9)).outcome is V


@pytest.mark.parametrize("name", [name for name in READY if name != "default"])
def test_none_of_them_needs_a_remark(name: str) -> None:
    assert lint(READY[name]) == ()


def test_the_policy_of_a_new_shop_is_told_only_that_the_law_gives_returns() -> None:
    assert [(remark.code, remark.row) for remark in lint(READY["default"])] == [("below_law", "otherwise")]


@pytest.mark.parametrize("policy", READY.values(), ids=READY)
def test_each_is_a_document_like_any_other(policy: Any) -> None:
    assert parse_policy(canonical_policy(policy)) == policy


def test_each_covers_every_action() -> None:
    for name, policy in READY.items():
        if name != "default":
            assert {row.action for row in policy.rows} == set(Action)
            assert any(row.then.keep_item for row in policy.rows)
