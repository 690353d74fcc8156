"""A person of the shop at work: each waiting case or refund gets its command, and one of the commands dies midway.

A command that died is given once more, as a person would: it does its work then, or says that it was done.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass

from plugin.db import rows
from plugin.ports.payments import RefundState
from tests.faults.check import steady, undone
from tests.faults.plan import Plan
from tests.faults.postgres import Trap
from tests.faults.shoppers import GaveUp, pause
from tests.faults.town import DESK, Place, Town

_MESSAGES = 16
"""A command is struck at one of its first messages to the database, of which it has a few more."""

_COMMANDS = {
    "midway approve": ("case", "approve"), "midway refuse": ("case", "refuse"), "midway retry": ("refund", "retry"),
    "midway paid": ("refund", "paid"),
}  # fmt: skip

_WAITING = {
    "midway approve": "SELECT id FROM cases WHERE shop_id = $1 AND state = 'in_review' ORDER BY id",
    "midway refuse": "SELECT id FROM cases WHERE shop_id = $1 AND state = 'in_review' ORDER BY id",
    "midway retry": "SELECT id FROM refund_legs WHERE shop_id = $1 AND state = 'failed' AND attempt = 1 ORDER BY id",
    "midway paid": "SELECT id FROM refund_legs WHERE shop_id = $1 AND state = 'with_person' ORDER BY id",
}

_NOT_DONE = {
    "midway approve": "SELECT id FROM cases WHERE id = ANY($1) AND state IN ('in_review', 'refused')",
    "midway refuse": "SELECT id FROM cases WHERE id = ANY($1) AND state <> 'refused'",
    "midway retry": "SELECT l.id FROM refund_legs l WHERE l.id = ANY($1) "
    "AND (SELECT count(*) FROM refund_legs n WHERE n.replaces = l.id) <> 1",
    "midway paid": "SELECT id FROM refund_legs WHERE id = ANY($1) AND state <> 'succeeded'",
}
"""What is not as the person said, though nobody else may change it in the run; every retried leg has one successor."""

_WAITS = 100


@dataclass
class Desk:
    """``strike_noted`` is told when a command was killed."""

    town: Town
    place: Place
    plan: Plan
    strike_noted: Callable[[str], None]

    async def work(self) -> list[str]:
        """Do all that waits for a person; what is not as they said, in words."""
        if self.plan.strike == "midway retry":
            await self._let_refunds_fail()
        waiting = await self._ids()
        if not waiting:
            return []
        for number, ref in enumerate(waiting, 1):
            command = (*_COMMANDS[self.plan.strike], self.place.shop.shop.id, ref, "--by", "Ana")
            if number == min(self.plan.nth, len(waiting)):
                await self._struck(command)
            await self.town.run_command(*command)
        left = await steady(lambda: rows(_NOT_DONE[self.plan.strike], waiting))
        return [f"{row['id']} is not as the person said ({self.plan.strike})." for row in left]

    async def _ids(self) -> list[str]:
        return [row["id"] for row in await steady(lambda: rows(_WAITING[self.plan.strike], self.place.shop.shop.id))]

    async def _struck(self, command: tuple[str, ...]) -> None:
        dice = self.plan.dice("desk")
        sprung: list[str] = []
        nth, is_before = dice.randint(1, _MESSAGES), dice.random() < 0.5
        trap = Trap(nth, lambda: sprung.append("now"), role=DESK, is_before=is_before)
        self.town.postgres.set_trap(trap)
        process = await self.town.start_command(*command)
        while process.is_alive and not sprung:
            await pause(0.002)
        if sprung:
            process.signal(signal.SIGKILL)
            self.strike_noted(f"kill -9 of {' '.join(command[:2])}, {'before' if is_before else 'after'} message {nth}")
        await process.wait()
        self.town.postgres.set_trap(None)

    async def _let_refunds_fail(self) -> None:
        """The bank sends every refund back, and we hear of it."""
        for payment in (await self.place.stripe.ledger()).payments:
            for refund in payment.refunds:
                if refund.status == RefundState.SUCCEEDED:
                    await self.place.stripe.settle_refund(refund.id, RefundState.FAILED)
        for _ in range(_WAITS):
            kept = await steady(
                lambda: rows(
                    "SELECT 1 FROM refund_legs WHERE shop_id = $1 AND kind = 'refund' AND state <> 'failed'",
                    self.place.shop.shop.id,
                )
            )
            if not kept and not await undone(self.place):
                return
            await pause()
        raise GaveUp("Stripe's word that refunds have failed was not taken.")
