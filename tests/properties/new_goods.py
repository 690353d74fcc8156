"""What shoppers and the shop's people do about new goods for old, on the real services of a small world."""

from __future__ import annotations

from collections.abc import Sequence

from plugin.cases.models import Case
from plugin.core.errors import DomainError
from plugin.exchanges.models import Difference, OutboundOrder, Quote
from plugin.exchanges.service import request_of
from plugin.journeys.difference import shopper_is_back
from plugin.journeys.exchange import confirm_exchange
from plugin.journeys.judging import judge
from plugin.journeys.quote import exchange_of, make_quote
from plugin.journeys.staff import unasked
from plugin.journeys.staff_exchange import give_up_new_goods, order_again, order_by_hand
from plugin.orders.service import get_order
from plugin.policies.reasons import Resolution
from plugin.ports.goods import Wanted
from plugin.ports.orders import LineCount
from tests.properties.small_world import SmallWorld
from tests.properties.stripe_pages import StripeWithPages
from tests.properties.way_back import unanswered


async def quote(
    world: SmallWorld, order_id: str, counts: Sequence[LineCount], price: int, otherwise: Resolution
) -> Quote | None:
    """Ask what as many of these units as may be asked for are worth in something at this price; None without a yes."""
    facts = (
        await judge(world.ports, world.shop, await get_order(world.shop.id, order_id), exchange_of((), None))
    ).facts
    free = {line.id: line.returnable for line in facts.lines}
    fewer = [LineCount(each.line_id, min(each.quantity, free.get(each.line_id, 0))) for each in counts]
    lines = [each for each in fewer if each.quantity]
    if not lines:
        return None
    try:
        wanted = [Wanted(product_id=f"at-{price}")]
        made = await make_quote(world.ports, world.shop, order_id, lines, None, wanted, otherwise=otherwise)
    except DomainError:
        return None
    return made.quote


async def take(world: SmallWorld, quote: Quote) -> Case | None:
    """Confirm what a quote said, whatever became of it; None where that is refused."""
    try:
        return await confirm_exchange(
            world.ports, world.shop, quote.order_id, quote.id, agreed=quote.digest, asked_by="shopper", locale="en",
            answered=unanswered,
        )  # fmt: skip
    except DomainError:
        return None


async def pay(world: SmallWorld, difference: Difference, *, comes_back: bool) -> str | None:
    """The shopper pays on the page, if they can, and perhaps comes back from it; the page."""
    stripe = world.stripe
    assert isinstance(stripe, StripeWithPages)
    page = difference.page_id
    if page is None or not stripe.is_open(page):
        return None
    stripe.pay_on(page)
    if comes_back:
        await shopper_is_back(world.ports, world.shop, difference.order_id, difference.case_id)
    return page


async def see_to(world: SmallWorld, outbound: OutboundOrder, step: str) -> None:
    """A person has a look in the store's admin first: what was made there is not given up, nor made once more."""
    made = world.shelf.made.get(outbound.key)
    try:
        if step == "again":
            await order_again(world.ports, world.shop, outbound.case_id, "ann", may_give=True, answered=unasked)
        elif step == "by hand" or made is not None:
            await _by_hand(world, outbound, made)
        else:
            await give_up_new_goods(world.ports, world.shop, outbound.case_id, "ann", answered=unasked)
    except DomainError:
        return


async def _by_hand(world: SmallWorld, outbound: OutboundOrder, made: str | None) -> None:
    id = made or world.shelf.next_id
    await order_by_hand(
        world.ports, world.shop, outbound.case_id, "ann", external_id=id, number=f"#{id}", may_give=True,
        answered=unasked,
    )  # fmt: skip
    if made is None:
        world.shelf.made[outbound.key] = world.shelf.put(request_of(outbound)).id
