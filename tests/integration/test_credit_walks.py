"""Whatever comes in whatever order, the books of store credit hold after every step (Hypothesis on real PostgreSQL)."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from plugin import db
from plugin.core.errors import DomainError
from plugin.credit import service
from plugin.credit.give_back import give_back, pay_back
from plugin.credit.issuing import end_due, revoke
from plugin.db import Transaction
from tests.credit import a_credit, check_books
from tests.factories import a_shop
from tests.fakes import fake_ports

T = TypeVar("T")
which, carts, orders = st.integers(0, 2), st.sampled_from(("a", "b", "c")), st.sampled_from(("o1", "o2", "o3", "o4"))
amounts = st.sampled_from((1, 99, 500, 1000, 1600))


class CreditBooks(RuleBasedStateMachine):
    """Three credits, some carts and orders. A refusal is an answer, too."""

    loop: ClassVar[asyncio.AbstractEventLoop]

    def __init__(self) -> None:
        super().__init__()
        self.ports = fake_ports()
        self.shop = self.run(a_shop(self.ports))
        ends = self.ports.clock.now() + timedelta(hours=2)
        self.credits = [
            self.run(a_credit(self.ports, self.shop, 1000, bonus=n * 300, expires_at=ends if n else None))
            for n in range(3)
        ]

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    def do(self, step: Any) -> None:
        async def once() -> None:
            async with db.transaction(self.ports.doorbell) as tx:
                await step(tx)

        try:
            self.run(once())
        except DomainError:
            return

    @rule(n=which, cart=carts, amount=amounts)
    def reserve(self, n: int, cart: str, amount: int) -> None:
        text = self.credits[n][0]
        self.do(
            lambda tx: service.reserve(
                tx, self.ports, self.shop, text, cart_id=cart, total=amount, currency="USD", amount=amount
            )
        )

    @rule(n=which, cart=carts, order=orders, amount=amounts)
    def redeem(self, n: int, cart: str, order: str, amount: int) -> None:
        text = self.credits[n][0]
        self.do(
            lambda tx: service.redeem(
                tx, self.ports, self.shop, text, cart_id=cart, external_order_id=order, amount=amount, currency="USD"
            )
        )

    @rule(n=which, cart=carts)
    def release(self, n: int, cart: str) -> None:
        self.do(lambda tx: service.release(tx, self.ports, self.shop, self.credits[n][0], cart))

    @rule(order=orders, at_most=st.sampled_from((None, 0, 700)))
    def cancel(self, order: str, at_most: int | None) -> None:
        self.do(lambda tx: give_back(tx, self.shop.id, order, self.ports.clock.now(), at_most=at_most))

    @rule(n=which, order=orders, leg=st.integers(1, 3), amount=amounts)
    def refund(self, n: int, order: str, leg: int, amount: int) -> None:
        async def pay(tx: Transaction) -> None:
            found = await tx.rows(
                "SELECT id FROM credit_entries WHERE credit_id = $1 AND kind = 'spend' AND spent_on = $2",
                self.credits[n][1].id, order,
            )  # fmt: skip
            if found:
                await pay_back(
                    tx, self.shop.id, order, payment_id=found[0]["id"], leg_id=f"ref_{leg}", amount=amount,
                    at=self.ports.clock.now(),
                )  # fmt: skip

        self.do(pay)

    @rule(n=which)
    def revoke(self, n: int) -> None:
        self.do(lambda tx: revoke(tx, self.shop.id, self.credits[n][1].id, actor="staff", at=self.ports.clock.now()))

    @rule(minutes=st.sampled_from((5, 31, 120)))
    def wait(self, minutes: int) -> None:
        self.ports.clock.advance(timedelta(minutes=minutes))
        self.run(end_due(self.ports))

    @invariant()
    def the_books_hold(self) -> None:
        self.run(check_books())


async def test_balance_is_the_sum_of_the_entries_and_never_below_what_is_held(database: str) -> None:
    CreditBooks.loop = asyncio.get_running_loop()
    how = settings(
        max_examples=12, stateful_step_count=30, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    await asyncio.to_thread(run_state_machine_as_test, CreditBooks, settings=how)
