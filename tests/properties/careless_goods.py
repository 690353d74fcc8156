"""Careless hands on goods that come back: what each of them does, the machine must find."""

from __future__ import annotations

from msgspec import structs

from plugin.cases.models import Case
from plugin.cases.store import lock_with_order, release_units
from plugin.credit.ledger import enter, lock_credit
from plugin.credit.states import EntryKind
from plugin.credit.store import find_credit_of_case
from plugin.db import transaction
from plugin.exchanges.models import OutboundOrder
from plugin.exchanges.service import request_of
from plugin.journeys.resolve import resolve
from plugin.parcels.states import Verdict
from plugin.policies.reasons import Resolution, Trigger
from tests.properties.goods_lives import GoodsLives
from tests.properties.shelf import ShelfMood


class _ACarelessHand(GoodsLives):
    """After each return that went as it should, ``slip`` goes wrong with it."""

    def goes_back_on_a_good_day(
        self, which: int, units: list[int], resolution: Resolution, found: list[Verdict]
    ) -> None:
        super().goes_back_on_a_good_day(which, units, resolution, found)
        self.on_the_last(self.slip)

    async def slip(self, case: Case) -> None:
        raise NotImplementedError


class ResolvesTwice(_ACarelessHand):
    """A trigger that comes again, of a case that has forgotten that it was resolved."""

    async def slip(self, case: Case) -> None:
        async with transaction(self.world.ports.doorbell) as tx:
            order, locked = await lock_with_order(tx, case.id)
            if locked.resolved_at is not None:
                locked.resolved_at = None
                await resolve(tx, self.world.ports, self.world.shop, order, locked, Trigger.INSPECTED)


class AcceptsWhatWasRejected(_ACarelessHand):
    """A second inspection of what was judged already. (What never came, the database itself lets nobody judge.)"""

    async def slip(self, case: Case) -> None:
        async with transaction(self.world.ports.doorbell) as tx:
            await tx.execute(
                "UPDATE case_units SET inspection = 'accepted' WHERE case_id = $1 AND inspection = 'rejected'", case.id
            )


class CreditsTwice(_ACarelessHand):
    """A grant under a purpose of the call's own, as if it were not the case's."""

    async def slip(self, case: Case) -> None:
        async with transaction(self.world.ports.doorbell) as tx:
            given = await find_credit_of_case(case.id, tx=tx)
            if given is not None:
                credit = await lock_credit(tx, given)
                await enter(tx, credit, EntryKind.GRANT, 1, f"once more {case.id}", at=self.world.clock.now())


class LetsGoWhatWasPaid(_ACarelessHand):
    """Units that were paid for may be asked for again."""

    async def slip(self, case: Case) -> None:
        async with transaction(self.world.ports.doorbell) as tx:
            if case.resolved_at is not None and case.owed:
                await release_units(tx, case.id)


class OrdersAgain(GoodsLives):
    """A store that was asked for new goods is asked once more, as if for others."""

    def exchange_on_a_good_day(
        self, which: int, units: list[int], price: int, found: list[Verdict], is_paid: bool, shelf: ShelfMood
    ) -> None:
        super().exchange_on_a_good_day(which, units, price, found, is_paid, shelf)

        async def slip() -> None:
            for outbound in await OutboundOrder.filter(state="ordered"):
                again = structs.replace(request_of(outbound), key=f"{outbound.key}-again")
                self.world.shelf.made[again.key] = self.world.shelf.put(again).id

        self.run(slip())
