"""The real services on a real PostgreSQL, with a store, a Stripe and a clock in memory, and work done by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import structs

from handlers.idempotent import Remember, answer_once
from handlers.jobs import run_claim
from plugin.cases.models import Case
from plugin.cases.service import CASE_DUE
from plugin.codes.minting import show
from plugin.codes.models import Code
from plugin.core.errors import DomainError
from plugin.db import Transaction, rows, transaction
from plugin.journeys import staff
from plugin.journeys.cancel import confirm_cancellation, preview_cancellation
from plugin.journeys.judging import Preview
from plugin.outbox.service import Claim
from plugin.policies.document import Fee, Otherwise, Then
from plugin.policies.facts import Ask
from plugin.policies.ready import default_policy
from plugin.policies.reasons import Action, Outcome
from plugin.policies.service import publish
from plugin.ports.orders import LineCount, StoreOrder
from plugin.ports.payments import RefundState
from plugin.refunds.models import RefundLeg
from plugin.shops.models import Shop
from plugin.shops.settings import CodeOffer, ShopSettings
from plugin.withdrawals.service import WITHDRAWAL_DUE
from tests.arrivals import receive
from tests.claims import claim_one
from tests.factories import a_new_shop
from tests.fakes import NOON, FakeClock, FakePorts, fake_ports
from tests.properties.honest_stripe import HonestStripe, Intent, Killed
from tests.properties.scripted_store import Mood, ScriptedStore
from tests.properties.shelf import Shelf, ShelfMood

LOOK_ABOVE = 20_000
TIMERS = (CASE_DUE, WITHDRAWAL_DUE)
TICK = timedelta(milliseconds=1)


class TickingClock(FakeClock):
    """Moves on by a millisecond each time that somebody looks, so that no two moments are the same."""

    def now(self) -> datetime:
        self.at += TICK
        return self.at


class Answer(msgspec.Struct):
    """What a confirmed call answers."""

    case: str


@dataclass(frozen=True)
class Kept:
    """A call that was answered: under what key, and with which bytes."""

    scope: str
    key: str
    request: bytes
    answer: bytes
    at: datetime


async def empty_database() -> None:
    tables = await rows(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'tortoise%'"
    )
    names = ", ".join(f'"{row["tablename"]}"' for row in tables)
    await rows(f"TRUNCATE {names} RESTART IDENTITY CASCADE")


@dataclass
class SmallWorld:
    """``confirmed`` are the cases that a person has cancelled in the store by hand; ``zombies`` workers that sleep."""

    ports: FakePorts
    clock: TickingClock
    stripe: HonestStripe
    store: ScriptedStore
    shop: Shop
    currencies: tuple[str, ...]
    confirmed: set[str] = field(default_factory=set)
    zombies: list[Claim] = field(default_factory=list)
    by_hand: list[tuple[str, str, int, datetime]] = field(default_factory=list)
    voided_elsewhere: set[str] = field(default_factory=set)
    calls: list[Kept] = field(default_factory=list)

    @classmethod
    async def begin(
        cls,
        currencies: Sequence[str],
        stripe_of: type[HonestStripe] = HonestStripe,
        store_of: type[ScriptedStore] = ScriptedStore,
    ) -> SmallWorld:
        clock = TickingClock(NOON)
        stripe, store = stripe_of(clock.now), store_of(clock.now)
        plain = fake_ports({"standard": store})
        goods = {"standard": Shelf(store, clock.now)}
        ports = FakePorts(**{**vars(plain), "clock": clock, "payments": stripe, "goods": goods})
        settings = ShopSettings(codes=CodeOffer(per_customer=2))
        shop = (await a_new_shop(ports, settings, stripe=True)).shop
        world = cls(ports, clock, stripe, store, shop, tuple(currencies))
        await world.publish(fee=0, look_above=LOOK_ABOVE)
        return world

    @property
    def shelf(self) -> Shelf:
        """What the store in memory does with goods."""
        shelf = self.ports.goods["standard"]
        assert isinstance(shelf, Shelf)
        return shelf

    async def publish(self, *, fee: int, look_above: int) -> None:
        """The default policy with other amounts, in minor units of each currency; a fee of zero is none."""
        policy = default_policy(dict.fromkeys(self.currencies, look_above))
        if fee:
            kept = Then(outcome=Outcome.APPROVE, fee=Fee(amounts=dict.fromkeys(self.currencies, fee)))
            policy = structs.replace(policy, otherwise=Otherwise(cancel=kept))
        async with transaction(self.ports.doorbell) as tx:
            await publish(tx, shop_id=self.shop.id, policy=policy, by="tests", at=self.clock.now())

    async def hear(self, version: StoreOrder, delivery: str) -> None:
        """The store's webhook of this version comes in; the same ``delivery`` again is a repetition."""
        await receive(
            self.ports.doorbell, shop_id=self.shop.id, source="standard", key=delivery, topic="order.updated",
            body=msgspec.json.encode(version), at=self.clock.now(),
        )  # fmt: skip

    async def hear_stripe(self, intent: Intent, event: str, delivery: str, *, about: str | None = None) -> None:
        """A webhook about this payment, or the page that it was made on."""
        await receive(
            self.ports.doorbell, shop_id=self.shop.id, source="stripe", key=delivery, topic=event,
            body=f"{event} {about or intent.reference}".encode(), at=self.clock.now(),
        )  # fmt: skip

    async def order_id(self, order: StoreOrder) -> str | None:
        found = await rows("SELECT id FROM orders WHERE external_id = $1", order.id)
        return found[0]["id"] if found else None

    async def preview(self, order_id: str, lines: Sequence[tuple[str, int]]) -> tuple[Ask, Preview]:
        counts = tuple(LineCount(line, quantity) for line, quantity in lines)
        ask = Ask(action=Action.CANCEL, whole=not counts, lines=counts)
        return ask, await preview_cancellation(self.ports, self.shop, order_id, ask)

    async def confirm(self, order_id: str, ask: Ask, digest: str) -> Case | None:
        """Confirm what a preview said, under a key of its own; None where that is refused."""
        request = msgspec.json.encode((ask, digest))
        key, scope = f"call-{len(self.calls) + 1}", f"cancel:{order_id}"
        confirmed: list[Case] = []

        async def use_case(remember: Remember) -> None:
            async def answered(tx: Transaction, case: Case, preview: Preview) -> None:
                await remember(tx, Answer(case.id))

            confirmed.append(
                await confirm_cancellation(
                    self.ports, self.shop, order_id, ask, agreed=digest, asked_by="shopper", locale="en",
                    answered=answered,
                )
            )  # fmt: skip

        at = self.clock.now()
        try:
            answer = await answer_once(
                shop_id=self.shop.id, scope=scope, key=key, request=request, status=201, use_case=use_case
            )
        except DomainError:
            return None
        self.calls.append(Kept(scope, key, request, answer.content, at))
        return confirmed[0]

    async def person(self, step: str, ref: str) -> None:
        """A person of the shop tries a step; a refusal is an answer."""
        try:
            await getattr(staff, step)(self.ports, self.shop, ref, "ann")
        except DomainError:
            return
        if step == "confirmed_by_hand":
            self.confirmed.add(ref)

    async def open_work(self) -> list[dict[str, Any]]:
        """Work that could be done now. Pauses are not waited for, but a timer does not ring before its time."""
        found = await rows(
            "SELECT id, kind, ref, not_before FROM work WHERE state <> 'done' ORDER BY created_at, not_before, id"
        )
        return [row for row in found if row["kind"] not in TIMERS or row["not_before"] <= self.clock.at]

    async def claim(self, work_id: str) -> Claim | None:
        """Take this work, also from a worker whose lease is over."""
        await rows(
            "UPDATE work SET not_before = least(not_before, now()), "
            "lease_until = CASE WHEN state = 'claimed' THEN now() - interval '1 s' END WHERE id = $1 RETURNING id",
            work_id,
        )
        return await claim_one(work_id)

    async def do(self, work_id: str) -> None:
        """Take one piece of work and do it, unless the process dies over it."""
        if (claim := await self.claim(work_id)) is None:
            return
        try:
            await run_claim(self.ports, claim)
        except Killed:
            return

    async def wait(self, pause: timedelta) -> None:
        """Time passes, also for the one row that the database's own clock has timed."""
        self.clock.advance(pause)
        await rows("UPDATE refund_legs SET absent_since = absent_since - $1::interval RETURNING id", pause)

    async def drain(self, most: int = 400) -> None:
        """Everybody answers but the bank, which has its promised days, and all work is done that can be."""
        self.store.mood, self.shelf.mood = Mood.AGREES, ShelfMood.FULL
        self.stripe.faults.clear()
        self.stripe.is_down = False
        for _ in range(most):
            ready = await self.open_work()
            at_the_bank = {leg.case_id for leg in await self.legs() if leg.state == "pending"}
            waiting = [
                case
                for case in await self.cases()
                if case.waiting_on not in (None, "staff") and case.id not in at_the_bank
            ]
            if not waiting and all(row["kind"] in TIMERS for row in ready):
                return  # who waits for a person is reminded of it for ever
            for row in ready:
                await self.do(row["id"])
            await self.wait(timedelta(minutes=11))
        raise AssertionError(f"Work does not come to an end: {await self.open_work()}")

    async def settle_bank(self, intent: Intent, leg_id: str | None, state: RefundState) -> None:
        for refund in intent.refunds:
            if refund.leg_id == leg_id and refund.state in (RefundState.PENDING, RefundState.REQUIRES_ACTION):
                refund.state = state

    async def codes(self) -> list[str]:
        """The codes that were minted, as shoppers read them, oldest first."""
        return [show(self.ports.vault, code) for code in await Code.all().order_by("id")]

    async def legs(self) -> list[RefundLeg]:
        return await RefundLeg.all().order_by("id")

    async def cases(self) -> list[Case]:
        return await Case.all().order_by("id")
