"""What may be true of no world of a cancellation, and when one is at rest."""

from __future__ import annotations

from plugin.cases.states import WAITS_ON, WaitsOn
from plugin.refunds.states import SETTLED
from tests.model.moves import moves
from tests.model.search import Rules
from tests.model.world import LIVE, C, L, World


def broken_promises(world: World) -> list[str]:
    """Safety: what may be true of no world."""
    stripes = world.paid[-1]
    promises = {
        "I2: an ended case owns units that wait": world.is_over and world.units == "open",
        "I2: a refused case owns units": world.case is C.REFUSED and world.units != "released",
        "I7: our books give more than the payment has, and the order is not frozen": world.refundable < 0
        and not world.is_frozen,
        "I7: Stripe gave more than the payment had": world.given_by_stripe + (world.elsewhere == "refund") > 1,
        "I8: two refunds were made for one debt": world.given_by_stripe > 1,
        "I8: a leg has succeeded, and Stripe knows nothing of it": world.leg is L.SUCCEEDED
        and not (world.paid_by_hand and not stripes)
        and stripes not in (*LIVE, "failed"),
        "I8: a person paid by hand what Stripe has paid": world.paid_by_hand and stripes in LIVE,
        "I8: a leg counts as failed or released, and Stripe has paid it": world.leg in (L.FAILED, L.RELEASED)
        and stripes in LIVE,
        "money moved before the store agreed": not world.has_agreed and (any(world.paid) or world.second_was_sent),
        "a refused case holds money": world.case is C.REFUSED and world.is_held,
        "a case is done and its money is on its way": world.case is C.DONE
        and any(leg not in SETTLED for leg in world.legs),
        "I12: two codes for one case": world.minted > 1,
        "I12: a code was redeemed again without being given back": world.redeemed > world.given_back + 1,
        "I12: a code was given back twice": world.given_back > 1,
    }
    return [promise for promise, is_broken in promises.items() if is_broken]


def is_at_rest(world: World) -> bool:
    """Over with its money, or with a person, and no call of ours under way."""
    return world.call == "" and (world.is_over or WAITS_ON[world.case] is WaitsOn.STAFF)


CANCELLATION = Rules(moves, broken_promises)
