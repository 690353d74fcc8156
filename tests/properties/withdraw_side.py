"""Withdrawals by law: declared in public or inside a session, verified at once, late or never, for all or a part."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from plugin.core.errors import DomainError
from plugin.journeys import withdrawal_desk
from plugin.journeys.withdraw import (
    confirm_as_guest,
    confirm_in_session,
    declare_as_guest,
    declare_in_session,
    verify_by_link,
    verify_in_session,
)
from plugin.journeys.withdrawal_sentences import Ineffective
from plugin.parcels.models import Parcel
from plugin.parcels.states import Seen
from plugin.ports.orders import StoreOrder
from plugin.withdrawals.models import Withdrawal
from plugin.withdrawals.service import Statement
from tests.properties import way_back
from tests.properties.exchange_side import ExchangeSide
from tests.properties.machine import few, units
from tests.properties.scripted_store import Mood

STRANGER = "mallory@example.com"
_LINK = re.compile(r"/withdrawals/(wl_[\w-]+)")


class WithdrawSide(ExchangeSide):
    """Consumers, strangers, and the shop's people who have their declarations."""

    @rule(which=few, units=units, is_guest=st.booleans(), is_confirmed=st.booleans())
    def somebody_withdraws(self, which: int, units: list[int], is_guest: bool, is_confirmed: bool) -> None:
        """Both steps, or the first one alone. No units: the whole contract."""
        order = self.order(which)

        async def go() -> None:
            if is_guest:
                items = "\n".join(
                    f"{n} x {line.title}" for line, n in zip(order.lines, units, strict=False) if n
                )  # fmt: skip
                made = await self._declared(order, items or None, str(order.customer.email))
            else:
                made = await self._declared_inside(order, units)
            if made is not None and is_confirmed:
                await self._confirmed(made)

        self.run(go())

    @rule(which=few)
    def a_stranger_withdraws(self, which: int) -> None:
        """Of an order that is not theirs: nothing moves before its own customer has said that it was them."""

        async def go() -> None:
            made = await self._declared(self.order(which), None, STRANGER)
            if made is not None:
                await self._confirmed(made)

        self.run(go())

    async def _declared(self, order: StoreOrder, items: str | None, contact: str) -> Withdrawal | None:
        said = Statement(name="Ada", order_number=order.number, contact=contact, locale="en", items=items)
        try:
            return await declare_as_guest(self.world.ports, self.world.shop, said, caller="a guest")
        except DomainError:
            return None

    async def _declared_inside(self, order: StoreOrder, units: list[int]) -> Withdrawal | None:
        order_id = await self.world.order_id(order)
        lines = {line.id: n for line, n in zip(order.lines, units, strict=False) if n}
        if order_id is None:
            return None
        try:
            return await declare_in_session(
                self.world.ports, self.world.shop, order_id, name=None, contact=None, locale="en", lines=lines
            )
        except DomainError:
            return None

    async def _confirmed(self, made: Withdrawal) -> None:
        try:
            if made.order_id:
                await confirm_in_session(self.world.ports, self.world.shop, made.id, made.order_id)
            else:
                await confirm_as_guest(self.world.ports, self.world.shop, made.id, caller="a guest")
        except DomainError:
            return

    async def _known(self, which: int) -> Withdrawal | None:
        known = await Withdrawal.all().order_by("-declared_at", "id")
        return known[which % len(known)] if known else None

    @rule(which=few)
    def the_second_step_is_taken(self, which: int) -> None:
        """At last, again, or too late."""

        async def go() -> None:
            if (known := await self._known(which)) is not None:
                await self._confirmed(known)

        self.run(go())

    @rule(which=few)
    def a_link_is_opened(self, which: int) -> None:
        """Of an acknowledgement, or of the mail that asks who declared it; whoever has it."""
        links = [link for mail in self.world.ports.mail.sent for link in _LINK.findall(mail.text)]

        async def go() -> None:
            try:
                await verify_by_link(self.world.ports, links[-1 - which % len(links)], caller="a guest")
            except DomainError:
                return

        if links:
            self.run(go())

    @rule(which=few)
    def it_was_me(self, which: int) -> None:
        """Who is inside a session of the order says so."""

        async def go() -> None:
            known = await self._known(which)
            if known is not None and known.order_id:
                await verify_in_session(self.world.ports, self.world.shop, known.id, known.order_id)

        self.run(go())

    @rule(which=few, step=st.sampled_from(("assign", "let_take_effect", "call_ineffective", "look_again", "close")))
    def person_takes_a_declaration(self, which: int, step: str) -> None:
        async def go() -> None:
            waiting = await Withdrawal.filter(waiting_on="staff").order_by("id") or await Withdrawal.all()
            if not waiting:
                return
            declared = waiting[which % len(waiting)]
            order_id = await self.world.order_id(self.order(which))
            more = {"assign": (order_id or "",), "call_ineffective": (Ineffective.OUT_OF_TIME,)}.get(step, ())
            try:
                await getattr(withdrawal_desk, step)(self.world.ports, self.world.shop, declared.id, *more, "ann")
            except DomainError:
                return

        self.run(go())

    @rule(which=few, units=units)
    def withdraws_on_a_good_day(self, which: int, units: list[int]) -> None:
        """Declared inside a session, carried out at once, sent, and the first scan is the proof of it."""
        self.world.store.mood = Mood.AGREES
        self.world.stripe.faults.clear()
        self.hear_the_last()
        self.somebody_withdraws(which, units, is_guest=False, is_confirmed=True)
        self.work_on_all(2)
        self.run(self._proof_of_sending())
        self.work_on_all(2)

    async def _proof_of_sending(self) -> None:
        """The newest parcel is scanned by its carrier."""
        parcel = await Parcel.all().order_by("-created_at").first()
        if parcel is not None:
            self.tells += 1
            name = f"event-{self.tells}"
            await way_back.tell(self.world, parcel, Seen.IN_TRANSIT, "carrier", name, timedelta(hours=1))

    async def awaited(self) -> list[datetime]:
        open_ones = await Withdrawal.filter(closed_at__isnull=True).exclude(waiting_on="staff")
        return [*await super().awaited(), *(each.due_at for each in open_ones if each.due_at)]
