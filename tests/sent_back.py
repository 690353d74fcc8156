"""A return that was confirmed, and what its tests read of it: services on the real database, nothing outside called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from handlers.jobs import JOBS
from plugin.cases.goods import Judgement, goods_of
from plugin.cases.models import Case
from plugin.cases.store import get_case
from plugin.db import Transaction, rows, transaction
from plugin.journeys.inspect_goods import inspect
from plugin.journeys.judging import Preview
from plugin.journeys.parcel_moved import News, parcel_seen
from plugin.journeys.receive import Came, receive
from plugin.journeys.send_back import confirm_return, preview_return
from plugin.outbox.service import Later, claim_due, put_back
from plugin.parcels.models import Parcel
from plugin.parcels.states import Disposition, Grade, Seen, Verdict
from plugin.parcels.store import parcels_of_case
from plugin.policies.document import Fee, Otherwise, Policy, Then
from plugin.policies.facts import Ask
from plugin.policies.reasons import Action, Outcome, Payer, Trigger
from plugin.policies.service import publish
from plugin.ports.orders import LineCount, StoreFulfilment, StoreOrder
from plugin.refunds.debits import debits_of_case
from plugin.refunds.models import Debit
from plugin.refunds.store import legs_of_case
from plugin.shops.models import Shop
from plugin.shops.settings import ShopSettings
from tests.factories import a_shop, a_store_order, an_order
from tests.fakes import NOON, FakePorts

ANA = "staff:ana"
THE_SHIRT = Ask(action=Action.RETURN, lines=(LineCount("l1", 1),))


async def nobody_waits(tx: Transaction, case: Case, now: Preview) -> None:
    """Nobody waits for an answer that is kept."""


@dataclass
class Returned:
    """One return of a shop, in the hands of a test."""

    ports: FakePorts
    shop: Shop
    case_id: str

    async def case(self) -> Case:
        return await get_case(self.shop.id, self.case_id)

    async def state(self) -> str:
        return (await self.case()).state

    async def parcel(self) -> Parcel:
        """The newest of its parcels."""
        return (await parcels_of_case(self.case_id))[-1]

    async def tell(self, seen: Seen, event_id: str = "e1", at: datetime | None = None, source: str = "carrier") -> None:
        news = News(seen, source, event_id, at or self.ports.clock.now())
        await parcel_seen(self.ports, self.shop, (await self.parcel()).id, news, source)

    async def came(self, quantity: int, line: str | None = "l1") -> None:
        await receive(self.ports, self.shop, self.case_id, [Came(quantity, line, None if line else "a mug")], ANA)

    async def judged(self, verdict: Verdict, quantity: int = 1, line: str = "l1") -> None:
        await inspect(self.ports, self.shop, self.case_id, [judgement(verdict, quantity, line)], ANA)

    async def owed(self) -> int:
        """What its legs pay, or will."""
        return sum(leg.amount for leg in await legs_of_case(self.case_id))

    async def can_ask_for(self) -> int:
        """How many shirts of the order could be sent back now."""
        order_id = (await self.case()).order_id
        return (await preview_return(self.ports, self.shop, order_id, THE_SHIRT)).decision.lines[0].left

    async def mails(self) -> list[str]:
        """Write the mails that are to be written, and name all templates that were, in their order."""
        await self.work("tell")
        found = await rows("SELECT template FROM mails WHERE case_id = $1 ORDER BY created_at, id", self.case_id)
        return [row["template"] for row in found]

    async def debits(self) -> list[Debit]:
        return await debits_of_case(self.case_id)

    async def units(self) -> dict[str, int]:
        """How many units are where."""
        goods = await goods_of(self.case_id)
        return {
            name: len(getattr(goods, name))
            for name in ("awaited", "here", "accepted", "rejected")
            if getattr(goods, name)
        }

    async def told(self, template: str | None = None) -> list[str]:
        """The mails that are to be written about the case, each as it is named, in their order."""
        found = await rows("SELECT ref FROM work WHERE kind = 'tell' ORDER BY created_at, id")
        names = [row["ref"].removeprefix(f"{self.case_id}:") for row in found]
        return [name for name in names if template is None or name.startswith(template)]

    async def due(self) -> None:
        """Let the case's date come, and do what it says."""
        case = await self.case()
        assert case.due_at is not None
        self.ports.clock.set(max(case.due_at, self.ports.clock.now()))
        await rows("UPDATE work SET not_before = now() WHERE kind = 'case_due'")
        await self.work("case_due")

    async def work(self, *kinds: str) -> None:
        """Do all work of these kinds that is due."""
        for claim in await claim_due(50, kinds=kinds):
            try:
                await JOBS[claim.kind](self.ports, claim)
            except Later as later:
                await put_back(claim, reason=later.reason, delay=later.delay)


def judgement(verdict: Verdict, quantity: int = 1, line: str = "l1") -> Judgement:
    """A unit that is as new and goes back into stock, or one that was used and goes back to its shopper."""
    if verdict is Verdict.ACCEPTED:
        return Judgement(line, quantity, verdict, Grade.AS_NEW, Disposition.RESTOCK)
    return Judgement(line, quantity, verdict, Grade.USED, Disposition.SEND_BACK, "The soles are worn.")


async def a_return(
    ports: FakePorts, *, pays_on: Trigger = Trigger.INSPECTED, quantity: int = 2, fee: int = 0, send_within: int = 14,
    settings: ShopSettings | None = None, order: StoreOrder | None = None,
) -> Returned:  # fmt: skip
    """A confirmed return of so many of the order's two shirts, under a policy of one row."""
    shop = await a_shop(ports, settings)
    then = Then(
        outcome=Outcome.APPROVE, pays_on=pays_on, label=Payer.SHOPPER, send_within=send_within,
        fee=Fee(amounts={"USD": fee}) if fee else None,
    )  # fmt: skip
    policy = Policy(
        format=1, name="Back for two weeks", rows=(),
        otherwise=Otherwise(cancel=Then(outcome=Outcome.APPROVE), returning=then),
    )  # fmt: skip
    async with transaction(ports.doorbell) as tx:
        await publish(tx, shop_id=shop.id, policy=policy, by="tests", at=ports.clock.now() - timedelta(days=30))
    stored = await an_order(ports, shop, **_fields(order or shipped(a_store_order())))
    ask = Ask(action=Action.RETURN, lines=(LineCount("l1", quantity),))
    seen = await preview_return(ports, shop, stored.id, ask)
    assert seen.decision.outcome is Outcome.APPROVE, seen.decision

    case = await confirm_return(
        ports, shop, stored.id, ask, agreed=seen.digest, asked_by="shopper", locale="en", answered=nobody_waits
    )
    return Returned(ports, shop, case.id)


def shipped(order: StoreOrder) -> StoreOrder:
    """The same order, delivered yesterday."""
    lines = tuple(LineCount(line.id, line.quantity) for line in order.lines)
    parcel = StoreFulfilment(
        id="f1", lines=lines, shipped_at=NOON - timedelta(days=3), delivered_at=NOON - timedelta(days=1)
    )
    return replace(order, placed_at=NOON - timedelta(days=5), fulfilments=(parcel,))


def _fields(order: StoreOrder) -> dict[str, object]:
    return {name: getattr(order, name) for name in order.__struct_fields__}
