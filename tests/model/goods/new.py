"""New goods for old, and what is paid on top: mirrors of the journeys, and what Stripe's page and the store do."""

from __future__ import annotations

from collections.abc import Iterator

from plugin.cases.goods import NOT_TAKEN
from plugin.exchanges.states import NO_PAGE, STUCK, UNQUOTED
from plugin.refunds.debits import DebitReason, DebitState
from tests.model.goods.back import go_on, goods_are_settled, release_units
from tests.model.goods.money import give_money, hand_over, is_outbound_open
from tests.model.goods.world import ACCEPTED, C, D, Debit, N, World, replace, worth_of
from tests.model.move import Move


def begin(world: World) -> World:
    """Mirrors ``journeys.exchange.begin``, from ``approved``."""
    above = (world.terms.price or 0) - world.owed
    if above > 0:
        return replace(world, difference=D.AWAITING, on_top=above).step(C.AWAITING_PAYMENT)
    return go_on(world)


def paid(world: World) -> World:
    """Mirrors ``journeys.difference._paid``: somebody has read that the page is paid."""
    if world.has_collected:
        return world
    moved = replace(world, has_collected=True)
    if world.difference is D.AWAITING:
        moved = moved.step_difference(D.PAID)
        if world.case is C.AWAITING_PAYMENT:
            return go_on(moved)
    return give_back(moved)


def give_back(world: World) -> World:
    """Mirrors ``journeys.difference.give_back``."""
    collected = world.on_top
    amount = min(collected, max(0, world.refundable[1])) if world.has_collected else 0
    moved = world.step_difference(D.GIVEN_BACK)
    moved = give_money(moved, amount, of=1) if amount else moved
    return give_money(moved, collected - amount) if collected > amount else moved


def end(world: World) -> World:
    """Mirrors ``journeys.difference.end_difference``, whose page is ended first, and ``_end``."""
    if world.page == "paid" and world.difference is D.AWAITING:
        return paid(world)
    over = end_page(world)
    if over.difference is not D.AWAITING:
        return over
    over = over.step_difference(D.ENDED)
    if over.case is not C.AWAITING_PAYMENT:
        return over
    if not world.page:
        return hand_over(over, NO_PAGE)
    return drop(release_units(over)).step(C.EXPIRED)


def end_page(world: World) -> World:
    """Stripe ends a page that is open: nobody pays on it any more."""
    return replace(world, page="over") if world.page == "open" else world


def drop(world: World) -> World:
    """Mirrors ``journeys.outbound.drop``."""
    return world.step_outbound(N.CANCELLED) if world.outbound in (N.WAITING, N.WITH_PERSON) else world


def call_off(world: World) -> World:
    """Mirrors ``journeys.call_off.call_off``; the case has been moved to where it ends."""
    world = drop(world)
    if world.outbound in (N.ASKING, N.ORDERED):
        return world
    if world.difference is D.AWAITING:
        return world.step_difference(D.ENDED)
    return give_back(world) if world.difference is D.PAID else world


def owes_new_goods(world: World) -> bool:
    """Mirrors ``journeys.call_off.owes_new_goods``."""
    is_taken = any(unit.verdict == ACCEPTED or unit.is_forgiven for unit in world.units)
    is_owed = (world.is_paid and world.owed > 0) or is_taken
    return is_owed and are_new_goods_open(world)


def are_new_goods_open(world: World) -> bool:
    """Mirrors ``journeys.call_off.are_new_goods_open``."""
    return world.why in (UNQUOTED, NOT_TAKEN) or is_outbound_open(world)


def ordered(world: World) -> World:
    """Mirrors ``journeys.store_orders.ordered``."""
    return goods_are_settled(_note_unpaid(world.step_outbound(N.ORDERED)))


def _note_unpaid(world: World) -> World:
    """Mirrors ``journeys.store_orders._note_unpaid``."""
    missing = (world.terms.price or 0) - world.owed - collected_on_top(world)
    if missing <= 0:
        return world
    is_let_off = world.owed + world.withheld == world.terms.decided
    state = DebitState.WAIVED if is_let_off else DebitState.OPEN
    return replace(world, debits=(*world.debits, Debit(DebitReason.NOT_PAID_FOR, missing, state)))


def collected_on_top(world: World) -> int:
    """Mirrors ``exchanges.store.collected_on_top``."""
    return world.on_top if world.difference is D.PAID else 0


def fall_back(world: World) -> World:
    """Mirrors ``journeys.store_orders.fall_back``, for who had rather have money."""
    units = [unit for unit in world.units if unit.state != "released"]
    before_fee = worth_of(world.terms, len(units)).before_fee
    withheld = min(world.withheld, before_fee)
    on_top = world.on_top if world.difference is D.GIVEN_BACK else 0
    worth = before_fee - withheld - max(0, world.held - on_top)
    moved = replace(world, owed=before_fee - withheld, withheld=withheld)
    if not moved.is_paid:
        moved = replace(moved, resolved="no_new_goods", times_given=world.times_given + 1)
    if moved.difference is D.PAID:
        moved = give_back(moved)
    moved = give_money(moved, worth) if worth else moved
    return goods_are_settled(moved)


def of_pages(world: World) -> Iterator[Move[World]]:
    """Stripe's page, who pays on it, and who hears of that: webhook, the shopper's way back and the deadline read
    it anew, so one move stands for any number of them."""
    if world.difference is D.AWAITING and not world.page:
        yield Move("Stripe makes the page.", replace(world, page="open"))
        refused = replace(world.step_difference(D.ENDED), page="none")
        yield Move("It is too little to collect.", go_on(refused), is_fair=False)
        yield Move("Stripe makes no page.", hand_over(refused, NO_PAGE), is_fair=False)
    if world.page == "open":
        yield Move("The shopper pays on the page.", replace(world, page="paid"), is_fair=False)
        yield Move("The page's own time is over.", replace(world, page="over"), is_fair=False)
    if world.page == "paid" and not world.has_collected:
        yield Move("Somebody reads the page: it is paid.", paid(world))
    if world.case is C.AWAITING_PAYMENT:
        yield Move("The time to pay is over.", end(world))
    if world.difference is D.ENDED and not world.page:
        yield Move("A page that was asked for in time is made after it.", replace(world, page="open"), is_fair=False)


def of_stores(world: World) -> Iterator[Move[World]]:
    """The store is asked for the new goods; asked twice with one key, it makes one order."""
    if world.outbound is not N.ASKING:
        return
    made = replace(world, was_made=1)
    yield Move("The store makes the order.", ordered(made))
    yield Move("The store makes the order, and its answer is lost.", made, is_fair=False)
    stuck = hand_over(world.step_outbound(N.WITH_PERSON), STUCK)
    yield Move("The store cannot make it, or does not answer.", stuck, is_fair=False)
    if not world.was_made:
        yield Move("It is sold out.", fall_back(world.step_outbound(N.OUT_OF_STOCK)), is_fair=False)
