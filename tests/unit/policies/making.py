"""One valid thing per function, for the tests of decisions: a test names only what matters to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from plugin.policies.conditions import When
from plugin.policies.decide import decide
from plugin.policies.decision import Decision
from plugin.policies.document import Otherwise, Policy, Row, Then
from plugin.policies.facts import Ask, Component, LineFacts, OrderFacts, Progress
from plugin.policies.ready import default_policy
from plugin.policies.reasons import Action, Outcome, Reason
from plugin.policies.rules import Rules, compile_policy
from plugin.ports.orders import LineCount

PLACED = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SOON = PLACED + timedelta(minutes=5)
DEFAULT = compile_policy(default_policy())

APPROVE = Then(outcome=Outcome.APPROVE)
REFUSE = Then(outcome=Outcome.REFUSE, reason=Reason.WINDOW_OVER)
REVIEW = Then(outcome=Outcome.REVIEW, reason=Reason.PERSON_DECIDES)


def a_line(line_id: str = "mug", **changes: Any) -> LineFacts:
    """Three mugs for 10.00, of which 1.00 is tax; nothing has happened to them."""
    facts: dict[str, Any] = {"id": line_id, "title": line_id.title(), "quantity": 3, "total": 1000, "tax": 100}
    facts |= changes
    facts.setdefault("free", tuple(range(facts["quantity"])))
    return LineFacts(**facts)


def an_order(*lines: LineFacts, **changes: Any) -> OrderFacts:
    """An unfulfilled order in US dollars with 5.00 of shipping."""
    facts: dict[str, Any] = {
        "id": "ord_1", "number": "1001", "currency": "USD", "placed_at": PLACED, "state": Progress.UNFULFILLED,
        "total": 1500, "shipping": Component(500, 50), "lines": lines or (a_line(),),
    }  # fmt: skip
    return OrderFacts(**(facts | changes))


def everything(reason: str | None = None) -> Ask:
    return Ask(action=Action.CANCEL, whole=True, reason=reason)


def some(*counts: tuple[str, int], reason: str | None = None) -> Ask:
    return Ask(action=Action.CANCEL, lines=tuple(LineCount(*count) for count in counts), reason=reason)


def a_policy(
    *rows: tuple[When, Then], otherwise: Then = APPROVE, action: Action = Action.CANCEL, **parts: Any
) -> Policy:
    """Rows are named row-1, row-2 ... and are all about one action; ``parts`` are the policy's calendar and goods."""
    return Policy(
        format=1,
        name="Test",
        rows=tuple(
            Row(id=f"row-{number}", action=action, when=when, then=then)
            for number, (when, then) in enumerate(rows, start=1)
        ),
        otherwise=Otherwise(**({"cancel": APPROVE} | {_MEMBER.get(action, action.value): otherwise})),
        **parts,
    )


_MEMBER = {Action.RETURN: "returning"}


def some_rules(
    *rows: tuple[When, Then], otherwise: Then = APPROVE, action: Action = Action.CANCEL, **parts: Any
) -> Rules:
    return compile_policy(a_policy(*rows, otherwise=otherwise, action=action, **parts))


def decided(order: OrderFacts, ask: Ask, rules: Rules = DEFAULT, at: datetime = SOON) -> Decision:
    return decide(order, ask, rules, at)
