"""The refund of the second card, in outline: Stripe's call and its answer are one step here."""

from __future__ import annotations

from collections.abc import Iterator

from tests.model.move import Move
from tests.model.world import (
    OUTCOMES,
    C,
    L,
    World,
    follow_up,
    replace,
    take_fact_of_second,
    why_not_to_pay,
)


def of_second(world: World) -> Iterator[Move[World]]:
    """All that may happen to it; whether it may be sent hangs on the same case and order as the first one."""
    if "settle 2" in world.work and world.second is L.RESERVED:
        if world.case is C.AWAITING_STORE:
            yield Move("The second refund waits for the store again.", world.done("settle 2"))
        elif (why := why_not_to_pay(world)) and why != "refunded_elsewhere":  # that was the other payment
            handed = world.step_second(L.WITH_PERSON).step(C.WITH_PERSON, why)
            yield Move("A person gets the second refund.", _without_work(handed))
        else:
            yield Move("The second refund is sent.", world.step_second(L.SUBMITTING))
    if world.second in (L.SUBMITTING, L.UNKNOWN):
        for outcome in OUTCOMES:
            yield Move(f"The second refund is {outcome}.", _without_work(take_fact_of_second(world, outcome)))
    if world.second is L.SUBMITTING:
        yield Move("Nobody knows of the second refund.", world.step_second(L.UNKNOWN), is_fair=False)
    if world.second is L.UNKNOWN:
        lost = world.step_second(L.WITH_PERSON).step(C.WITH_PERSON, "refund_not_found")
        yield Move("The second refund is not to be found.", _without_work(lost), is_fair=False)
    if world.second in (L.PENDING, L.REQUIRES_ACTION):
        for outcome in ("succeeded", "failed"):
            yield Move(f"The second refund has {outcome}.", take_fact_of_second(world, outcome))
    if world.second is L.SUCCEEDED:
        yield Move("The bank takes the second refund back.", take_fact_of_second(world, "failed"), is_fair=False)
    if world.second is L.WITH_PERSON:
        yield Move("A person paid the second by hand.", follow_up(world.step_second(L.SUCCEEDED)))


def _without_work(world: World) -> World:
    """The second leg's work is over; the first one's call goes on."""
    return replace(world, work=world.work - {"settle 2"})
