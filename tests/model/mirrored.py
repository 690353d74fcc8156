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

from plugin.cases import goods
from plugin.cases import service as cases
from plugin.cases import store as case_store
from plugin.codes import store as codes
from plugin.exchanges import service as exchanges
from plugin.exchanges import store as exchange_store
from plugin.journeys import (
    ask_difference,
    call_off,
    cancel,
    close_short,
    debits,
    difference,
    exchange,
    giving,
    goods_back,
    goods_due,
    inspect_goods,
    money_moved,
    more_time,
    on_the_way,
    order_changed,
    outbound,
    overdue,
    parcel_moved,
    payment_reported,
    receive,
    resolve,
    settle,
    staff,
    staff_exchange,
    store_answers,
    store_orders,
    take_back,
    way_back,
)
from plugin.parcels import service as parcels
from plugin.refunds import debits as refund_debits
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
OF_GOODS: tuple[Callable[..., Any], ...] = (
    goods.goods_of, goods.count_in, goods.judge, goods.end_units, goods.forgive, goods.let_go_rejected,
    goods.let_go_not_sent, goods.take_back_units, case_store.own_units, case_store.release_units,
    exchanges.move_difference, exchanges.move_outbound, exchange_store.is_outbound_open,
    exchange_store.collected_on_top, exchange_store.given_back_on_top, exchange_store.has_fallen_back,
    parcels.move_parcel, refund_debits.write_debit, refund_debits.close_debit, refunds.held_for_case,
    ask_difference.ask_for_difference, ask_difference.ask_difference,
    call_off.is_paid_on_top, call_off.are_new_goods_open, call_off.owes_new_goods, call_off.call_off,
    close_short.close_short, debits.settle_debit, debits.waive_debit,
    difference.read_difference, difference.end_difference, difference.end_payment, difference.give_back,
    difference.payment_is_due, difference.shopper_is_back,
    exchange.begin, giving.give_money, giving.hand_over, giving.refund,
    goods_back.take_goods, goods_back.to_a_person, goods_back.go_on_with_goods, goods_back.is_about_goods,
    goods_back.all_is_said, goods_back.goods_are_given_up, goods_due.goods_are_due,
    inspect_goods.inspect, money_moved.waits_for_money, more_time.extend, on_the_way.announce_parcel,
    outbound.release, outbound.exchange, outbound.settle_price, outbound.drop,
    parcel_moved.take_news, parcel_moved.catch_up, parcel_moved.parcel_is_lost,
    receive.receive, receive.scan,
    resolve.trigger_of, resolve.resolve, resolve.say_what_is_owed, resolve.goods_are_settled, resolve.wait_for_goods,
    staff.return_goes_on, staff_exchange.exchange_goes_on, staff_exchange.order_by_hand, staff_exchange.order_again,
    staff_exchange.give_up_new_goods,
    store_orders.make_order, store_orders.ordered, store_orders.fall_back,
    take_back.take_back, take_back.can_be_taken_back, way_back.go_on,
)  # fmt: skip
WRITTEN = Path(__file__).with_name("mirrored.txt")


def fingerprints() -> dict[str, str]:
    """By name, each mirrored function with the private ones of its module that it calls."""
    return {f"{each.__module__}.{each.__qualname__}": fingerprint(each) for each in (*MIRRORED, *OF_GOODS)}


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
