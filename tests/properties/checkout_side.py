"""Calls that are repeated under their keys (I11), codes at a checkout (I12), and what the shop's admin publishes."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from handlers.idempotent import Remember, answer_once
from plugin.codes import service as codes
from plugin.codes.rules import Cart
from plugin.core.errors import DomainError
from plugin.db import rows, transaction
from plugin.inbox.idempotency import (
    KEPT_FOR,
    CallStillRunning,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    begin,
)
from tests.properties.machine import few, once_asked, policies
from tests.properties.small_world import Kept
from tests.properties.store_side import StoreSide

AT_CHECKOUT = ("reserve", "release", "redeem", "redeem")
_EFFECTS = (
    "SELECT (SELECT count(*) FROM cases) AS cases, (SELECT count(*) FROM refund_legs) AS legs, "
    "(SELECT count(*) FROM work) AS work, (SELECT count(*) FROM audit_events) AS audited"
)


async def effects() -> dict[str, int]:
    """How much of everything there is: a call that is answered from memory adds nothing."""
    (counts,) = await rows(_EFFECTS)
    return counts


async def refusing(remember: Remember) -> None:
    """A use case that must not be run."""
    raise AssertionError("I11: a call under a key that was used is carried out once more.")


class CheckoutSide(StoreSide):
    """Keys, codes and policies."""

    def again(self, kept: Kept, key: str | None, request: bytes) -> bytes | DomainError:
        """Make the call once more; it must have no effect, whatever the answer is."""

        async def go() -> bytes | DomainError:
            before = await effects()
            try:
                answer = await answer_once(
                    shop_id=self.world.shop.id, scope=kept.scope, key=key, request=request,
                    status=201, use_case=refusing,
                )  # fmt: skip
            except DomainError as refused:
                assert await effects() == before, "I11: a refused call had an effect."
                return refused
            assert await effects() == before, "I11: a repeated call had an effect."
            return answer.content

        return self.run(go())

    def kept(self, which: int) -> Kept | None:
        """A call whose answer is kept still: for a day."""
        now = self.world.clock.now()
        kept = [call for call in self.world.calls if now - call.at < KEPT_FOR]
        return kept[which % len(kept)] if kept else None

    @precondition(lambda self: self.world.calls)
    @rule(which=few)
    def the_same_call_again(self, which: int) -> None:
        if (call := self.kept(which)) is not None:
            assert self.again(call, call.key, call.request) == call.answer

    @precondition(lambda self: self.world.calls)
    @rule(which=few, key=st.sampled_from(("used", "missing")))
    def a_key_for_another_call(self, which: int, key: str) -> None:
        if (call := self.kept(which)) is not None:
            answer = self.again(call, call.key if key == "used" else None, call.request + b" ")
            assert isinstance(answer, IdempotencyKeyReused if key == "used" else IdempotencyKeyMissing), answer

    @precondition(lambda self: self.world.calls)
    @rule(which=few)
    def a_call_that_still_runs(self, which: int) -> None:
        """Its process has not answered yet: who asks again is told to wait, and nothing is done twice."""
        call = self.world.calls[which % len(self.world.calls)]
        self.deliveries += 1
        key = f"running-{self.deliveries}"
        self.run(begin(self.world.shop.id, call.scope, key, call.request))
        assert isinstance(self.again(call, key, call.request), CallStillRunning)

    @once_asked
    @rule(which=few, step=st.sampled_from(AT_CHECKOUT), cart=st.integers(0, 2), known_order=st.booleans())
    def at_the_checkout(self, which: int, step: str, cart: int, known_order: bool) -> None:
        """A cart reserves, lets go of or redeems a code, perhaps late for an order that we know; a no is an answer."""

        async def go() -> None:
            known = await self.world.codes()
            if not known:
                return
            world, text, name = self.world, known[which % len(known)], f"cart-{cart}"
            bought_with = self.order(cart).id if known_order else f"elsewhere-{cart}"
            try:
                async with transaction(world.ports.doorbell) as tx:
                    if step == "reserve":
                        await codes.reserve(tx, world.ports, world.shop, text, Cart(6000, 495, "USD", name))
                    elif step == "release":
                        await codes.release(tx, world.shop, text, name)
                    else:
                        bought = codes.Purchase(name, bought_with, 6000, 495, "USD")
                        await codes.redeem(tx, world.ports, world.shop, text, bought)
            except DomainError:
                return

        self.run(go())

    @rule(policy=policies)
    def admin_publishes(self, policy: tuple[int, int]) -> None:
        """Another version of the policy, with a fee for a cancellation and a value above which a person looks."""
        fee, look_above = policy
        self.run(self.world.publish(fee=fee, look_above=look_above))
