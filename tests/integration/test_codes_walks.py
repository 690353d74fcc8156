"""Random walks of one shop's codes: whatever comes in whatever order, I12 and the books hold after every step."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from plugin import db
from plugin.audit.service import verify_order
from plugin.codes import service
from plugin.codes.from_orders import give_back, seen_in_order
from plugin.codes.minting import expire_due, revoke
from plugin.codes.models import Code
from plugin.codes.rules import Cart
from plugin.codes.service import Purchase
from plugin.codes.states import CodeState
from plugin.core.errors import DomainError
from plugin.shops.models import Shop
from tests.factories import a_code, a_shop_offering
from tests.fakes import FakePorts, fake_ports

STEPS = 100


class Walk:
    """A handful of codes, carts and orders, and dice."""

    def __init__(self, ports: FakePorts, shop: Shop, codes: list[tuple[str, Code]], seed: int) -> None:
        self.ports, self.shop, self.codes, self.dice = ports, shop, codes, random.Random(seed)

    async def step(self) -> None:
        """Do one thing to one code. A refusal is an answer, too."""
        text, code = self.dice.choice(self.codes)
        cart, order = f"cart-{self.dice.randrange(3)}", f"o-{self.dice.randrange(3)}"
        at, turn = self.ports.clock.now(), self.dice.randrange(100)
        try:
            async with db.transaction(self.ports.doorbell) as tx:
                if turn < 25:
                    await service.reserve(tx, self.ports, self.shop, text, Cart(6000, 495, "USD", cart))
                elif turn < 50:
                    purchase = Purchase(cart, order, 6000, 495, "USD")
                    await service.redeem(tx, self.ports, self.shop, text, purchase)
                elif turn < 57:
                    await service.release(tx, self.shop, text, cart)
                elif turn < 77:
                    await give_back(tx, self.shop.id, order, at)
                elif turn < 80:
                    await seen_in_order(
                        tx, self.shop, external_order_id=order, discount_codes=[text], order_total=6000, at=at
                    )
                elif turn < 82:
                    await revoke(tx, code, actor="staff", reason="dice", at=at)
        except DomainError:
            return
        if turn >= 82:
            self.ports.clock.advance(timedelta(minutes=self.dice.choice((5, 40, 60 * 24 * 4))))
            await expire_due(self.ports)


async def check_books(shop: Shop) -> None:
    """What the month's budget counts is what the codes that still may cost something, or have, are worth."""
    codes = await Code.filter(shop_id=shop.id)
    counter = await db.rows("SELECT n FROM counters WHERE shop_id = $1 AND key LIKE 'code-budget:%'", shop.id)
    gone = (CodeState.EXPIRED, CodeState.REVOKED)
    assert counter[0]["n"] == sum(code.budget for code in codes if code.state not in gone)


async def check_redemptions(codes: list[tuple[str, Code]]) -> None:
    """Between two redemptions of a code lies the one time that it was given back."""
    for _, code in codes:
        told = await db.rows(
            "SELECT kind FROM audit_events WHERE order_id = $1 AND kind IN ('code_redeemed', 'code_given_back') "
            "ORDER BY n",
            code.order_id,
        )
        story = [row["kind"].removeprefix("code_") for row in told]
        assert story == ["redeemed", "given_back", "redeemed"][: len(story)]
        assert await verify_order(code.order_id) == []


@pytest.mark.parametrize("seed", range(8))
async def test_a_code_is_redeemed_once_and_the_books_hold(database: str, seed: int) -> None:
    ports = fake_ports()
    shop = await a_shop_offering(ports, budgets={"USD": 5000}, worth={"USD": 500})
    codes = [await a_code(ports, shop, f"shopper{n}@example.com") for n in range(4)]
    walk = Walk(ports, shop, codes, seed)
    for _ in range(STEPS):
        await walk.step()
        await check_books(shop)
    await check_redemptions(codes)
