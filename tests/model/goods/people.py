"""What people do: the shopper, who asks also twice, and the staff, each under the guard that its function has."""

from __future__ import annotations

from collections.abc import Iterator

from plugin.cases.goods import CAME_LATE, LOST, NOT_SENT, NOT_TAKEN, SILENT, WRONG_ITEM
from plugin.exchanges.states import NO_PAGE, NOT_ACCEPTED, UNQUOTED
from plugin.refunds.debits import DebitReason, DebitState
from plugin.refunds.states import SETTLED
from tests.model.goods.back import (
    all_is_said,
    awaited_parcel,
    go_on,
    go_on_with_goods,
    goods_are_given_up,
    is_about_goods,
    let_go_not_sent,
    let_go_rejected,
    release_units,
    resolve,
    say_what_is_owed,
    settle_price,
)
from tests.model.goods.money import hand_over, planned
from tests.model.goods.new import (
    are_new_goods_open,
    begin,
    call_off,
    collected_on_top,
    end_page,
    fall_back,
    ordered,
    owes_new_goods,
    paid,
)
from tests.model.goods.parcels import catch_up
from tests.model.goods.world import ACCEPTED, REJECTED, RIVALS, WORTH, C, L, N, P, T, Unit, World, put, replace
from tests.model.move import Move

_WAIT_IS_OVER = (NOT_TAKEN, NOT_ACCEPTED, LOST, SILENT, NOT_SENT, WRONG_ITEM)


def of_shoppers(world: World) -> Iterator[Move[World]]:
    """Confirming, taking back, and asking a second time, for the same or to cancel it."""
    if world.case is None and not any(unit.rival for unit in world.units):
        outbound = None if world.terms.price is None else N.WAITING
        asked = replace(world, units=(Unit(),) * world.terms.units, owed=world.terms.decided, outbound=outbound)
        asked = replace(asked, case=C.REQUESTED)
        yield Move("The shopper confirms, and the policy approves.", begin(asked.step(C.APPROVED)))
        yield Move("The shopper confirms, and a person has to look.", asked.step(C.IN_REVIEW))
    back = end_page(world)
    if world.case is C.AWAITING_PAYMENT and world.page == "paid":
        back = paid(back)
    if can_be_taken_back(back):
        for n, parcel in enumerate(back.parcels):
            back = back.step_parcel(n, P.CANCELLED) if parcel.state is P.LABEL else back
        taken = call_off(release_units(back).step(C.WITHDRAWN))
        yield Move("The shopper takes it back.", taken, is_fair=False)
    if RIVALS in world.terms.troubles:
        yield from _rivals(world)


def can_be_taken_back(world: World) -> bool:
    """Mirrors ``journeys.take_back.can_be_taken_back``."""
    is_to_be_sent = world.case is C.AWAITING_GOODS and all(parcel.state is P.LABEL for parcel in world.parcels)
    return not world.is_paid and (world.case in (C.IN_REVIEW, C.AWAITING_PAYMENT) or is_to_be_sent)


def _rivals(world: World) -> Iterator[Move[World]]:
    """Another ask may have a unit that nobody owns (``cases.store.own_units``), and is paid like ours."""
    free = next((n for n, unit in enumerate(world.units) if unit.state == "released" and not unit.rival), None)
    if free is not None:
        asked = put(world.units, free, world.units[free]._replace(rival="asked"))
        yield Move("Another ask takes a unit.", replace(world, units=asked), is_fair=False)
    for n, unit in enumerate(world.units):
        if unit.rival == "asked":
            legs = planned(WORTH, world.refundable)
            if legs is not None:
                of = tuple(sum(amount for amount, payment in legs if payment == p) for p in range(2))
                given = replace(world, units=put(world.units, n, unit._replace(rival="paid")))
                given = replace(given, rivals=(world.rivals[0] + of[0], world.rivals[1] + of[1]))
                yield Move("The other ask is paid.", given, is_fair=False)
            left = replace(world, units=put(world.units, n, unit._replace(rival="")))
            yield Move("The other ask is taken back.", left, is_fair=False)


def of_staff(world: World) -> Iterator[Move[World]]:
    """Mirrors ``journeys.staff``, ``staff_exchange`` and ``debits``; nobody has to do any of it."""
    for move in (*_of_the_desk(world), *_of_new_goods(world), *_of_goods(world), *_of_debits(world)):
        yield move._replace(is_fair=False)


def _of_the_desk(world: World) -> Iterator[Move[World]]:
    if world.case is C.IN_REVIEW:
        yield Move("A person approves.", begin_again(world))
        if world.terms.less:
            less = replace(world, owed=world.owed - world.terms.less, withheld=world.terms.less)
            yield Move("A person approves, and keeps some of it back.", begin_again(less))
    has_moved = any(leg.state in (L.PENDING, L.SUCCEEDED) for leg in world.legs) or world.has_collected
    is_taken = any(unit.verdict == ACCEPTED for unit in world.units)
    may_refuse = not (has_moved or is_taken or world.is_paid or world.terms.by_law)
    if world.case in (C.IN_REVIEW, C.WITH_PERSON) and may_refuse:
        unsent = (L.RESERVED, L.WITH_PERSON)
        legs = (leg._replace(state=L.RELEASED) if leg.state in unsent else leg for leg in world.legs)
        refused = release_units(goods_are_given_up(replace(world, legs=tuple(legs)))).step(C.REFUSED)
        yield Move("A person refuses.", call_off(refused))
    all_ended = all(leg.state in SETTLED for leg in world.legs)
    if world.case is C.WITH_PERSON and all_ended and not owes_new_goods(world) and (world.is_paid or not is_taken):
        closed = replace(goods_are_given_up(world).step(C.DONE), closed_by_hand=True)
        yield Move("A person closes the case.", call_off(closed))


def begin_again(world: World) -> World:
    """Mirrors ``staff.return_goes_on`` and ``staff_exchange.exchange_goes_on``."""
    approved = world.step(C.APPROVED)
    return go_on(approved) if world.terms.price is None else begin(approved)


def _of_new_goods(world: World) -> Iterator[Move[World]]:
    """Mirrors ``staff_exchange``. A person who gives new goods up has looked whether the store has made them."""
    if world.case is not C.WITH_PERSON:
        return
    if world.why == NO_PAGE:
        yield Move("A person lets the difference off.", go_on(world.step(C.ORDERING)))
    desk, is_new = _on_desk(world)
    if world.outbound is N.CANCELLED and world.why in (UNQUOTED, NOT_TAKEN):
        yield Move("A person gives money for what came too late for new goods.", fall_back(world.step(C.ORDERING)))
    if desk is None:
        return
    ready = settle_price(desk.step(C.ORDERING)) if is_new else desk.step(C.ORDERING)
    by_hand = ordered(replace(ready, was_made=1))
    yield Move("A person makes the order in the store, or finds it made.", by_hand)
    if world.why != NO_PAGE:
        yield Move("A person has it ordered (again).", ready.step_outbound(N.ASKING))
        if not world.was_made and not (is_new and not desk.owed + desk.withheld + collected_on_top(desk)):
            given_up = desk.step_outbound(N.CANCELLED).step(C.ORDERING)
            yield Move("A person gives the new goods up.", fall_back(given_up))


def _on_desk(world: World) -> tuple[World | None, bool]:
    """Mirrors ``staff_exchange._on_desk``."""
    is_new = world.outbound is N.WAITING and world.why in _WAIT_IS_OVER
    if is_new:
        if not world.is_paid:
            world, _ = say_what_is_owed(goods_are_given_up(world), T.INSPECTED)
        world = world.step_outbound(N.WITH_PERSON)
    return (world if world.outbound is N.WITH_PERSON else None), is_new


def _of_goods(world: World) -> Iterator[Move[World]]:
    """Mirrors ``goods_back.take_goods``, and who takes them: ``receive``, ``inspect``, ``extend``, ``close_short``."""
    is_late = world.case is C.EXPIRED or world.why == CAME_LATE
    may_come = (C.AWAITING_GOODS, C.INSPECTING, C.WITH_PERSON, C.ORDERING, C.EXPIRED)
    is_open = is_late or any(unit.state == "open" for unit in world.units)
    if not world.parcels or not is_open or world.case not in may_come:
        return
    taken = take_back_units(world) if is_late else world
    if taken is not None:
        awaited = sum(unit.is_awaited for unit in taken.units)
        for n in range(1, awaited + 1):
            yield Move(f"{n} of {awaited} awaited units are counted in.", receive(taken, n))
        yield Move("Something else is counted in.", receive(taken, 0))
        yield Move("A person gives more time.", extend(taken))
    if any(unit.is_to_judge for unit in world.units):
        yield Move("A unit is accepted.", inspect(world, ACCEPTED))
        yield Move("A unit is rejected.", inspect(world, REJECTED))
    elif world.case is not C.EXPIRED:
        yield Move("What has not come is given up.", all_is_said(world))
        yield Move("What has not come is given for all the same.", all_is_said(_forgiven(world)))


def take_back_units(world: World) -> World | None:
    """Mirrors ``cases.goods.take_back_units``: None where another ask has one of them."""
    lost = [unit for unit in world.units if unit.state == "released" and not unit.verdict]
    if any(unit.rival for unit in lost):
        return None
    back = (unit._replace(state="open") if unit in lost else unit for unit in world.units)
    return replace(world, units=tuple(back))


def receive(world: World, n: int) -> World:
    """Mirrors ``journeys.receive._count_all_in``; the units have been taken back."""
    world = world.step(C.WITH_PERSON, CAME_LATE) if world.case is C.EXPIRED else world
    was_here = any(unit.is_to_judge for unit in world.units)
    if not n:
        return world if was_here else hand_over(world, WRONG_ITEM)
    counted = [i for i, unit in enumerate(world.units) if unit.is_awaited][:n]
    for i in counted:
        world = replace(world, units=put(world.units, i, world.units[i]._replace(is_here=True)))
    if not any(parcel.state is P.RECEIVED for parcel in world.parcels):
        awaited = awaited_parcel(world)
        world = world.step_parcel(len(world.parcels) - 1 if awaited is None else awaited, P.RECEIVED)
    if world.why == CAME_LATE:
        return world
    world = go_on_with_goods(world)
    return world if any(unit.is_awaited for unit in world.units) else resolve(world, T.RECEIVED)


def inspect(world: World, verdict: str) -> World:
    """Mirrors ``journeys.inspect_goods.inspect``, one unit at a time."""
    n = next(n for n, unit in enumerate(world.units) if unit.is_to_judge)
    judged = replace(world, units=put(world.units, n, world.units[n]._replace(verdict=verdict)))
    return judged if any(unit.is_to_judge for unit in judged.units) else go_on_with_goods(judged)


def extend(world: World) -> World:
    """Mirrors ``journeys.more_time.extend``."""
    last = len(world.parcels) - 1
    if world.parcels[last].state is P.CANCELLED:
        world = world.step_parcel(last, P.LABEL)
    if world.case is C.EXPIRED or (is_about_goods(world) and world.case is not C.INSPECTING):
        return _wait_again(world)
    return world


def _wait_again(world: World) -> World:
    """Mirrors ``journeys.more_time._wait_again``."""
    is_wrong = world.why == WRONG_ITEM
    lies_here = not is_wrong and any(parcel.state is P.RECEIVED for parcel in world.parcels)
    if lies_here or any(unit.is_to_judge for unit in world.units):
        return world.step(C.INSPECTING, "taken_late")
    n = awaited_parcel(world)
    world = world.step(C.AWAITING_GOODS)
    if is_wrong:
        return go_on_with_goods(world)
    return world if n is None else catch_up(world, n)


def _forgiven(world: World) -> World:
    """Mirrors ``cases.goods.forgive``."""
    units = (unit._replace(state="settled") if unit.is_awaited else unit for unit in world.units)
    return replace(world, units=tuple(units))


def _of_debits(world: World) -> Iterator[Move[World]]:
    for n, debit in enumerate(world.debits):
        if debit.state is DebitState.OPEN:
            waived = replace(world, debits=put(world.debits, n, debit._replace(state=DebitState.WAIVED)))
            yield Move(f"A person lets off what was paid for goods that were {debit.reason}.", waived)
            if are_new_goods_open(world):
                continue
            settled = replace(world, debits=put(world.debits, n, debit._replace(state=DebitState.SETTLED)))
            if debit.reason is DebitReason.REJECTED:
                settled = let_go_rejected(settled, "settled")
            elif debit.reason is DebitReason.NOT_SENT:
                settled = let_go_not_sent(settled)
            yield Move(f"The shopper has paid back what was {debit.reason}.", settled)
