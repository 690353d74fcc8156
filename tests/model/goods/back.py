"""The way back of goods, and what is given for them: mirrors of the journeys from the approval to the end."""

from __future__ import annotations

from plugin.cases.goods import ABOUT_GOODS, NOT_TAKEN
from plugin.exchanges.states import NOT_ACCEPTED, STUCK, UNQUOTED
from plugin.policies.reasons import Trigger
from plugin.refunds.debits import DebitReason
from plugin.refunds.states import SETTLED
from tests.model.goods.money import give_money, hand_over, is_outbound_open, wait_for_goods
from tests.model.goods.world import ACCEPTED, REJECTED, C, Debit, L, N, P, Parcel, T, Unit, World, replace, worth_of

ORDER = (T.APPROVAL, T.IN_TRANSIT, T.RECEIVED, T.INSPECTED)


def go_on(world: World) -> World:
    """Mirrors ``journeys.way_back.go_on``, from ``approved`` or once a difference is paid."""
    if not world.terms.keeps:
        return resolve(replace(world, parcels=(Parcel(),)).step(C.AWAITING_GOODS), T.APPROVAL)
    kept = replace(world, units=tuple(unit._replace(state="settled") for unit in world.units))
    return goods_are_settled(resolve(kept, T.APPROVAL))


def resolve(world: World, now: Trigger) -> World:
    """Mirrors ``journeys.resolve.resolve``."""
    waits_for = world.terms.trigger
    if world.terms.by_law:
        waits_for = min(waits_for, T.IN_TRANSIT, key=ORDER.index)
    if world.is_paid or ORDER.index(now) < ORDER.index(waits_for):
        return world
    given, units = say_what_is_owed(world, now)
    return give(given, units) if units else given


def say_what_is_owed(world: World, now: Trigger) -> tuple[World, int]:
    """Mirrors ``journeys.resolve.say_what_is_owed``; beside the world, of how many units."""
    units = [unit for unit in world.units if unit.state != "released" and unit.verdict != REJECTED]
    if now is T.INSPECTED:
        units = [unit for unit in units if unit.state == "settled" or unit.verdict == ACCEPTED]
    else:
        world = let_go_rejected(world, "open")
    amounts = worth_of(world.terms, len(units))
    withheld = min(world.withheld, amounts.total)
    owed = replace(world, owed=amounts.total - withheld, withheld=withheld)
    return replace(owed, resolved=str(now), times_given=world.times_given + 1), len(units)


def give(world: World, units: int) -> World:
    """Mirrors the forms of ``resolve.FORMS``: ``giving.refund``, and ``outbound.exchange``."""
    if world.terms.price is None:
        return give_money(world, world.owed)
    if world.outbound is not N.WAITING:
        return replace(hand_over(world, UNQUOTED), why=UNQUOTED)
    if worth_of(world.terms, units).total < world.terms.decided:
        return hand_over(world, NOT_ACCEPTED)
    return settle_price(world).step_outbound(N.ASKING)


def settle_price(world: World) -> World:
    """Mirrors ``journeys.outbound.settle_price``."""
    left_over = world.owed - (world.terms.price or 0)
    return give_money(world, left_over) if left_over > 0 else world


def goods_are_settled(world: World) -> World:
    """Mirrors ``journeys.resolve.goods_are_settled``."""
    if world.case not in (C.AWAITING_GOODS, C.INSPECTING, C.AWAITING_PAYMENT, C.APPROVED, C.ORDERING):
        return world
    if world.are_goods_open:
        return wait_for_goods(world, "ordered_already") if world.case is C.ORDERING else world
    if world.outbound is N.ASKING:
        return world.step(C.ORDERING)
    if is_outbound_open(world):
        return hand_over(world, STUCK if world.outbound is N.WITH_PERSON else NOT_ACCEPTED)
    if any(leg.state is L.FAILED for leg in world.legs):
        return hand_over(world, "refund_failed")
    return world.step(C.DONE if all(leg.state in SETTLED for leg in world.legs) else C.EXECUTING)


def awaited_parcel(world: World) -> int | None:
    """``goods_back.Bench.awaited``: the oldest that is to come."""
    return next((n for n, each in enumerate(world.parcels) if each.state in (P.LABEL, P.IN_TRANSIT)), None)


def is_about_goods(world: World) -> bool:
    """Mirrors ``journeys.goods_back.is_about_goods``."""
    for_goods = world.case is C.WITH_PERSON and world.why in ABOUT_GOODS
    return for_goods or world.case in (C.AWAITING_GOODS, C.INSPECTING)


def go_on_with_goods(world: World) -> World:
    """Mirrors ``journeys.goods_back.go_on_with_goods``."""
    if any(unit.is_to_judge for unit in world.units):
        return world.step(C.INSPECTING, "received") if is_about_goods(world) else world
    if any(unit.is_awaited for unit in world.units):
        return _wait_for_the_rest(world)
    return all_is_said(world)


def _wait_for_the_rest(world: World) -> World:
    world = _inspected(world)
    if awaited_parcel(world) is None:
        world = replace(world, parcels=(*world.parcels, Parcel()))
    return world.step(C.AWAITING_GOODS) if is_about_goods(world) else world


def _inspected(world: World) -> World:
    for n, parcel in enumerate(world.parcels):
        if parcel.state is P.RECEIVED:
            world = world.step_parcel(n, P.INSPECTED)
    return world


def _call_off_parcels(world: World) -> World:
    for n, parcel in enumerate(world.parcels):
        if parcel.state in (P.LABEL, P.IN_TRANSIT):
            world = world.step_parcel(n, P.CANCELLED)
    return world


def all_is_said(world: World) -> World:
    """Mirrors ``journeys.goods_back.all_is_said``."""
    before = world.units
    world = end_units(_call_off_parcels(_inspected(world)), keeps=world.is_paid)
    if is_about_goods(world) and world.case is C.WITH_PERSON:
        world = world.step(C.INSPECTING, "decided")
    if world.is_paid:
        world = _note_shortage(world, before)
    elif world.terms.price is not None and _is_not_taken(before):
        world = hand_over(world, NOT_TAKEN)
    else:
        world = resolve(world, T.INSPECTED)
    return goods_are_settled(world)


def _is_not_taken(units: tuple[Unit, ...]) -> bool:
    """Something of it is rejected, or nothing of it is given for."""
    is_rejected = any(unit.verdict == REJECTED for unit in units)
    return is_rejected or not any(unit.verdict == ACCEPTED or unit.is_forgiven for unit in units)


def _note_shortage(world: World, units: tuple[Unit, ...]) -> World:
    """Mirrors ``journeys.goods_back._note_shortage``; a debit is written once a case and reason."""
    good = sum(unit.verdict == ACCEPTED or unit.is_forgiven for unit in units)
    rejected = sum(unit.verdict == REJECTED and unit.state != "released" for unit in units)
    has_fallen_back = world.outbound in (N.OUT_OF_STOCK, N.CANCELLED)
    amounts = (worth_of(world.terms, n) for n in (good, good + rejected))
    owed, if_accepted = (max(0, (n.before_fee if has_fallen_back else n.total) - world.withheld) for n in amounts)
    short = {DebitReason.REJECTED: if_accepted - owed, DebitReason.NOT_SENT: world.owed - if_accepted}
    known = {debit.reason for debit in world.debits}
    fresh = (Debit(reason, n) for reason, n in short.items() if n > 0 and reason not in known)
    return replace(world, debits=(*world.debits, *fresh))


def end_units(world: World, *, keeps: bool) -> World:
    """Mirrors ``cases.goods.end_units``."""

    def ended(unit: Unit) -> Unit:
        stays = keeps or unit.verdict == ACCEPTED
        return unit._replace(state="settled" if stays else "released") if unit.state == "open" else unit

    return replace(world, units=tuple(ended(unit) for unit in world.units))


def let_go_rejected(world: World, state: str) -> World:
    """Mirrors ``cases.goods.let_go_rejected``."""
    return _let_go(world, state, REJECTED)


def let_go_not_sent(world: World) -> World:
    """Mirrors ``cases.goods.let_go_not_sent``."""
    return _let_go(world, "settled", "")


def _let_go(world: World, state: str, verdict: str) -> World:
    lets = (unit.state == state and unit.verdict == verdict for unit in world.units)
    pairs = zip(world.units, lets, strict=True)
    return replace(world, units=tuple(unit._replace(state="released") if let else unit for unit, let in pairs))


def goods_are_given_up(world: World) -> World:
    """Mirrors ``journeys.goods_back.goods_are_given_up``."""
    return end_units(_call_off_parcels(_inspected(world)), keeps=world.is_paid)


def release_units(world: World) -> World:
    """Mirrors ``cases.store.release_units``."""
    return replace(world, units=tuple(unit._replace(state="released") for unit in world.units))
