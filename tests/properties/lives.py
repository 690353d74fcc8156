"""The whole machine: every promise is looked at after every step, and when all has healed."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from hypothesis.stateful import invariant

from plugin.ports.payments import RefundState
from tests.properties.depth import SENT_AGAIN, Tally, marks
from tests.properties.outside import WAITING, Outside
from tests.properties.promises import broken_promises, story, unfinished


class Lives(Outside):
    """A life of a shop. ``tally`` is where a run counts how deep its lives were."""

    tally: Tally

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0

    @invariant()
    def every_promise_is_kept(self) -> None:
        self.steps += 1
        if self.has_moved:
            self.look(broken_promises(self.world))
            self.has_moved = False

    def teardown(self) -> None:
        """Everybody answers, the bank decides, the last version comes in: then all must be over, or with a person."""
        self.run(self._heal())
        self.look(broken_promises(self.world))
        self.look(unfinished(self.world))
        sent_again = {SENT_AGAIN} if self.world.stripe.sent_again else set()
        self.tally.add(self.steps, self.run(marks()) | sent_again)

    def look(self, sentences: Coroutine[Any, Any, list[str]]) -> None:
        """Fail with what is broken, in words."""
        broken = self.run(sentences)
        if broken:
            raise AssertionError("\n".join([*broken, "", *self.run(story())]))

    async def _heal(self) -> None:
        await self.world.drain()
        for order in self.world.store.orders.values():
            self.deliveries += 1
            await self.world.hear(order, f"delivery-{self.deliveries}")
        await self.world.drain()
        for intent in self.world.stripe.intents.values():
            for refund in intent.refunds:
                if refund.state in WAITING:
                    refund.state = RefundState.SUCCEEDED
            self.deliveries += 1
            await self.world.hear_stripe(intent, "refund.updated", f"delivery-{self.deliveries}")
        await self.world.drain()
