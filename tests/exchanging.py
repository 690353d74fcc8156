"""A small world in which goods can be exchanged: a policy for it, a shelf at the store, and parcels that arrive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from plugin.cases.models import Case
from plugin.db import Transaction, rows, transaction
from plugin.journeys.exchange import confirm_exchange
from plugin.journeys.judging import Preview
from plugin.journeys.payment_reported import READ_DIFFERENCE
from plugin.journeys.quote import Quoted, make_quote
from plugin.outbox import service as outbox
from plugin.policies.document import Fee, Policy, Then
from plugin.policies.ready import default_policy
from plugin.policies.reasons import Outcome, Reason, Trigger
from plugin.ports.goods import Wanted
from plugin.ports.orders import LineCount
from plugin.storefronts.standard.goods_wire import OrderAsk, OrderData
from plugin.storefronts.standard.wire import OrderBody
from tests.journeys.steps import quiet
from tests.world import World


def exchange_policy(
    *, pays_on: Trigger | None = None, keep_item: bool = False, fee: Fee | None = None,
    outcome: Outcome = Outcome.APPROVE, reason: Reason = Reason.ALLOWED,
) -> Policy:  # fmt: skip
    """Everything that has left may be exchanged."""
    policy = default_policy()
    then = Then(outcome=outcome, reason=reason, pays_on=pays_on, keep_item=keep_item, fee=fee)
    return replace(
        policy,
        otherwise=replace(
            policy.otherwise, exchange=then, returning=Then(outcome=Outcome.APPROVE, keep_item=keep_item)
        ),
    )


@dataclass
class Exchanging:
    """A shopper whose order has arrived, and the store with its shelf."""

    world: World
    order: OrderBody
    order_id: str

    @property
    def asked(self) -> list[OrderData]:
        """What the store was asked to make, each order once."""
        asks = {ask.data.request_id: ask.data for ask in self.world.served.goods.asks if isinstance(ask, OrderAsk)}
        return list(asks.values())

    def sell_out(self, product_id: str) -> None:
        for article in self.world.served.goods.shelf.of_product(product_id):
            article.stock = 0

    async def quote(self, lines: dict[str, int], wanted: list[Wanted], **more: Any) -> Quoted:
        counts = [LineCount(line, n) for line, n in lines.items()]
        return await make_quote(self.world.ports, self.world.shop, self.order_id, counts, None, wanted, **more)

    async def take(self, quoted: Quoted) -> Case:
        assert quoted.quote is not None
        return await confirm_exchange(
            self.world.ports, self.world.shop, self.order_id, quoted.quote.id, agreed=quoted.quote.digest,
            asked_by="shopper", locale="en", answered=unheard,
        )  # fmt: skip

    async def exchange(self, lines: dict[str, int], *wanted: Wanted, **more: Any) -> Case:
        return await self.take(await self.quote(lines, list(wanted), **more))

    async def until(self, case: Case, *states: str) -> dict[str, Any]:
        async def reached() -> dict[str, Any] | None:
            (now,) = await rows("SELECT * FROM cases WHERE id = $1", case.id)
            return now if now["state"] in states else None

        found: dict[str, Any] = await self.world.until(reached)
        return found


async def unheard(tx: Transaction, case: Case, agreed: Preview) -> None:
    """Nobody waits for the answer."""


async def exchanging(world: World, sample: str = "spanish") -> Exchanging:
    """An order of the sample that has arrived."""
    return await arrived(world, await world.place(sample))


async def arrived(world: World, order: OrderBody) -> Exchanging:
    """The shopper has all of this order."""
    world.store.ship(order.id)
    sent = world.store.deliver(order.id)
    await world.send(sent)
    await world.until(lambda: world.is_read(sent))
    (row,) = await rows("SELECT id FROM orders WHERE external_id = $1 AND shop_id = $2", order.id, world.shop.id)
    return Exchanging(world, sent, row["id"])


async def new_goods(shopper: Exchanging, case: Case) -> Exchanging:
    """The order of the new goods of a case, which have arrived."""

    async def came() -> str | None:
        found = await rows("SELECT external_id FROM orders WHERE origin_case = $1", case.id)
        return found[0]["external_id"] if found else None

    external_id: str = await shopper.world.until(came)
    return await arrived(shopper.world, shopper.world.store.orders[external_id])


async def payment_page(shopper: Exchanging, case_id: str) -> str:
    """The address of the page on which the difference is paid, once it is there."""

    async def made() -> str | None:
        found = await rows("SELECT page_url FROM differences WHERE case_id = $1", case_id)
        return found[0]["page_url"] if found else None

    page: str = await shopper.world.until(made)
    return page


async def report(world: World, difference_id: str, *, times: int) -> None:
    """So many pieces of news of a difference's page, each of which is read."""
    for _ in range(times):
        async with transaction(world.ports.doorbell) as tx:
            await outbox.add(tx, shop_id=world.shop.id, kind=READ_DIFFERENCE, ref=difference_id)
    await quiet(world)
