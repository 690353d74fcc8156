"""What may be true of no world of goods that come back, and what its ends are."""

from __future__ import annotations

from plugin.cases.states import WAITS_ON, WaitsOn
from plugin.refunds.debits import DebitReason
from plugin.refunds.states import SETTLED
from tests.invariants.exchange_books import ExchangeBooks
from tests.model.goods.moves import moves
from tests.model.goods.world import ACCEPTED, REJECTED, C, D, L, N, P, World, worth_of
from tests.model.search import Rules


def broken_promises(world: World) -> list[str]:
    """Safety, at every moment."""
    is_owned = ("open", "settled")
    kept = sum(unit.state in is_owned for unit in world.units)
    paid_back = sum(debit.amount for debit in world.debits if debit.state == "settled")
    states = [parcel.state for parcel in world.parcels]
    on_top = world.on_top if world.difference is D.GIVEN_BACK else 0
    promises = {
        "I2: two asks own a unit": any(unit.state in is_owned and unit.rival for unit in world.units),
        "I2: an ended case owns units that wait": world.is_over and any(unit.state == "open" for unit in world.units),
        "I3: a unit was judged, and never came": any(unit.verdict and not unit.is_here for unit in world.units),
        "I5: what was agreed is given twice": world.times_given > 1,
        "I5: money moved before its trigger": world.held > on_top and not world.is_paid,
        "I5: more is given back than is owed": world.held > world.owed + on_top + paid_back,
        "I5: a unit is paid for that may be asked for again": world.is_paid
        and world.terms.price is None
        and world.owed - paid_back > worth_of(world.terms, kept).total,
        "I7: a payment gives more than it has": min(world.refundable) < 0,
        "somebody is charged who did not pay": world.page != "paid"
        and (world.has_collected or world.difference is D.PAID),
        "what was paid on top is used, and given back": world.outbound is N.ORDERED
        and world.difference is D.GIVEN_BACK
        and all(debit.reason != DebitReason.NOT_PAID_FOR for debit in world.debits),
        "I9: goods are awaited, and no parcel is": world.case is C.AWAITING_GOODS
        and not any(state in (P.LABEL, P.IN_TRANSIT, P.LOST) for state in states),
        "I9: goods are to be inspected, and none are here": world.case is C.INSPECTING and P.RECEIVED not in states,
        "I9: a closed case waits for a parcel": world.is_over and any(s in (P.LABEL, P.IN_TRANSIT) for s in states),
        "I3: units came, and no parcel did": any(unit.is_here for unit in world.units)
        and not {P.RECEIVED, P.INSPECTED} & set(states),
    }
    broken = [promise for promise, is_broken in promises.items() if is_broken]
    has_failed = any(leg.state is L.FAILED for leg in world.legs)
    if has_failed and world.case is C.DONE and not world.closed_by_hand:
        broken.append("I9: a refund has failed, and nobody sees to it")
    return broken + _broken_at_the_end(world) if is_ended(world) and not has_failed else broken


def _broken_at_the_end(world: World) -> list[str]:
    """What must hold once a case is closed, and nothing of it is under way or failed."""
    good = sum(unit.verdict == ACCEPTED or unit.is_forgiven for unit in world.units)
    paid = sum(leg.amount for leg in world.legs if leg.state is L.SUCCEEDED)
    used = world.outbound is N.ORDERED and world.difference is D.PAID
    is_return = world.terms.price is None
    promises = {
        "what is accepted is not paid": is_return and good > 0 and not world.is_paid,
        "I5: what is owed is not what was paid": is_return and world.is_paid and paid != world.owed,
        "what was paid on top is neither used nor given back": world.has_collected
        and not used
        and world.difference is not D.GIVEN_BACK,
        "I16: the books of an exchange do not balance": not is_return and books(world).balance != 0,
    }
    return [promise for promise, is_broken in promises.items() if is_broken]


def books(world: World) -> ExchangeBooks:
    """As ``tests.invariants.exchanges`` keeps them; a person who closes a case lets off what was not accepted of it."""
    is_ordered = world.outbound is N.ORDERED
    never_came = any(debit.reason == DebitReason.NOT_SENT for debit in world.debits)
    inbound = sum(
        unit.worth
        for unit in world.units
        if unit.state == "settled" and (unit.verdict == ACCEPTED or not (unit.verdict or never_came))
    )
    is_noted = any(debit.reason == DebitReason.REJECTED for debit in world.debits)
    let_off = (
        0
        if is_noted
        else sum(unit.worth for unit in world.units if unit.verdict == REJECTED and unit.state == "settled")
    )
    fee = world.terms.fee * inbound // world.terms.worth if is_ordered else 0
    return ExchangeBooks(
        outbound=(world.terms.price or 0) if is_ordered else 0,
        fees=fee + min(world.withheld, inbound - fee),
        inbound=inbound,
        collected=world.on_top if world.has_collected else 0,
        refunded=sum(leg.amount for leg in world.legs if leg.state is L.SUCCEEDED),
        debit=sum(debit.amount for debit in world.debits) + (let_off if world.closed_by_hand else 0),
    )


def is_ended(world: World) -> bool:
    """Closed, and nothing of it under way: no refund, no new goods, no page that was paid and not read."""
    is_read = world.has_collected or world.page != "paid"
    return (
        world.is_over and all(leg.state in SETTLED for leg in world.legs) and is_read and world.outbound is not N.ASKING
    )


def is_at_rest(world: World) -> bool:
    """Ended, not begun, or with a person, be it that they have a refund of a case that is closed."""
    if world.case is None or is_ended(world) or WAITS_ON.get(world.case) is WaitsOn.STAFF:
        return True
    return world.is_over and any(leg.state is L.WITH_PERSON for leg in world.legs)


GOODS = Rules(moves, broken_promises)
