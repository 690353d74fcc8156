"""Which functions the model mirrors by hand, and how they read when the mirror was last held against them.

``python -m tests.model --followed`` writes the fingerprints anew: after the mirror was changed as its function was, or
when the change makes no difference to the model.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FunctionType
from typing import Any

from plugin.cases import service as cases
from plugin.codes import store as codes
from plugin.journeys import cancel, money_moved, order_changed, overdue, payment_reported, settle, staff, store_answers
from plugin.refunds import service as refunds
from plugin.refunds import store as refund_store

MIRRORED: tuple[Callable[..., Any], ...] = (
    cases.move, codes.move, cancel.ask_for_it,
    money_moved.take_refund_fact, money_moved.follow_up, money_moved.money_failed, money_moved.hand_to_person,
    order_changed.order_changed, overdue.case_due, payment_reported.take_payment_fact,
    refunds.move_leg, refunds.reserve, refunds.release, refunds.take_fact, refunds.is_sent, refund_store.payables,
    settle.settle_leg,
    staff.approve, staff.refuse, staff.confirmed_by_hand, staff.ask_again, staff.close, staff.mark_paid, staff.retry,
    staff.let_money_flow,
    store_answers.ask_store, store_answers.take_answer, store_answers.store_cancelled, store_answers.store_is_too_late,
    store_answers.shipped_after_cancel,
)  # fmt: skip
WRITTEN = Path(__file__).with_name("mirrored.txt")


def fingerprints() -> dict[str, str]:
    """By name, each mirrored function with the private ones of its module that it calls."""
    return {f"{each.__module__}.{each.__qualname__}": fingerprint(each) for each in MIRRORED}


def fingerprint(function: Callable[..., Any]) -> str:
    """Twelve hexadecimal digits of what it does: its text without docstring, comments and blanks."""
    texts: dict[str, str] = {}
    _collect(function, texts)
    return hashlib.sha256("".join(texts[name] for name in sorted(texts)).encode()).hexdigest()[:12]


def _collect(function: Callable[..., Any], texts: dict[str, str]) -> None:
    if function.__qualname__ in texts:
        return
    tree = ast.parse(inspect.getsource(function)).body[0]
    assert isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef)
    if ast.get_docstring(tree) is not None:
        del tree.body[0]
    texts[function.__qualname__] = "".join(ast.unparse(tree).split())
    assert isinstance(function, FunctionType)
    for called in ast.walk(tree):
        if isinstance(called, ast.Name) and called.id.startswith("_"):
            inner = function.__globals__.get(called.id)
            if isinstance(inner, FunctionType) and inner.__module__ == function.__module__:
                _collect(inner, texts)


def written() -> Mapping[str, str]:
    """The fingerprints that the model was last held against."""
    lines = (line.split() for line in WRITTEN.read_text().splitlines())
    return {name: mark for name, mark in lines}


def write() -> None:
    """Remember how the functions read now."""
    WRITTEN.write_text("".join(f"{name} {mark}\n" for name, mark in sorted(fingerprints().items())))
