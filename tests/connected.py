"""A small world whose shop is connected to its platform, and the steps that its tests take."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from plugin.cases.models import Case
from plugin.db import rows
from plugin.ports.orders import Custodian, Instrument, PaymentState, StoreOrder, StorePayment
from plugin.refunds.models import RefundLeg
from plugin.shops.models import Shop, StoreLink
from tests.factories import a_store_order
from tests.fake_platform import FakePlatform
from tests.fakes import FakePorts
from tests.properties.small_world import SmallWorld

WALLET = StorePayment(
    id="p1", custodian=Custodian.STOREFRONT, state=PaymentState.CAPTURED, amount=5485, captured=5485,
    instrument=Instrument.OTHER, label="Wallet",
)  # fmt: skip
GIFT_CARD = StorePayment(
    id="p2", custodian=Custodian.STOREFRONT, state=PaymentState.CAPTURED, amount=2000, captured=2000,
    instrument=Instrument.STORED_VALUE, label="Gift card",
)  # fmt: skip


@dataclass
class Connected:
    """``heard`` numbers the webhooks."""

    world: SmallWorld
    platform: FakePlatform
    heard: count[int] = field(default_factory=count)

    @classmethod
    async def begin(cls) -> Connected:
        world = await SmallWorld.begin(["USD"])
        platform = FakePlatform(world.store, world.clock.now)
        world.ports = FakePorts(**{**vars(world.ports), "platforms": {"standard": platform}})
        await Shop.filter(id=world.shop.id).update(store_address="https://lumen.example")
        world.shop = await Shop.get(id=world.shop.id)
        await StoreLink.create(shop_id=world.shop.id, state="connected", connected_at=world.clock.now(), hooks={})
        return cls(world, platform)

    async def link(self) -> StoreLink:
        return await StoreLink.get(shop_id=self.world.shop.id)

    async def tell(self, order: StoreOrder) -> None:
        """The store's webhook with this body comes in and is read."""
        await self.world.hear(order, f"event-{next(self.heard)}")
        await self.work("read_event")

    async def work(self, *kinds: str) -> None:
        """Do the work of these kinds that is there, in this sequence, whenever it is due."""
        for kind in kinds:
            for row in await self.world.open_work():
                if row["kind"] == kind:
                    await self.world.do(row["id"])

    async def placed(self, **changes: object) -> tuple[StoreOrder, str]:
        """An order is placed, told and read; with the payment at Stripe that it names, if it names one."""
        order = self.world.store.put(a_store_order(**changes))
        for payment in order.payments:
            if payment.reference is not None:
                self.world.stripe.pay(payment.reference, order.currency, payment.amount, is_captured=True)
        await self.tell(order)
        await self.work("read_payment")
        order_id = await self.world.order_id(order)
        assert order_id is not None
        return order, order_id

    async def cancel(self, order_id: str, *lines: tuple[str, int]) -> Case:
        ask, preview = await self.world.preview(order_id, lines)
        case = await self.world.confirm(order_id, ask, preview.digest)
        assert case is not None
        return case

    async def external(self, order_id: str) -> list[int]:
        found = await rows("SELECT external_refunded FROM payments WHERE order_id = $1 ORDER BY external_id", order_id)
        return [row["external_refunded"] for row in found]

    async def leg(self) -> RefundLeg:
        (leg,) = await self.world.legs()
        return leg

    async def case(self) -> Case:
        (case,) = await self.world.cases()
        return case

    async def events(self) -> list[tuple[str, str | None]]:
        """How each webhook was closed, and why, the oldest first."""
        found = await rows("SELECT state, reason FROM inbox_events ORDER BY received_at, id")
        return [(row["state"], row["reason"]) for row in found]

    async def audited(self, kind: str) -> int:
        return len(await rows("SELECT 1 FROM audit_events WHERE kind = $1", kind))

    async def work_left(self) -> list[str]:
        return [row["kind"] for row in await self.world.open_work() if row["kind"] not in ("tell", "send_mail")]
