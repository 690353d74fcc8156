"""The receiver of a gift sends it back for store credit of their own, and who gave it is not told.

They come by a link of their own (``LinkKind.GIFT``), see the items without prices, and the mails go to them alone
(``Case.contact``). What an item is worth they learn when the credit is theirs, which says it: not by looking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plugin.access.service import LinkKind, make_link
from plugin.cases.models import Case
from plugin.cases.states import RECEIVER
from plugin.cases.store import cases_of_order
from plugin.db import transaction
from plugin.journeys.confirming import Answered
from plugin.journeys.judging import Preview, judge
from plugin.journeys.send_back import confirm_return, preview_return
from plugin.orders.service import StoredOrder, get_order
from plugin.parcels.models import Parcel
from plugin.parcels.store import parcels_of_case
from plugin.policies.facts import Ask, OrderFacts
from plugin.policies.reasons import Action, Resolution
from plugin.ports.orders import LineCount
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop


@dataclass(frozen=True)
class SeenGift:
    """The order's items, as the receiver may see them, and what receivers have asked for before."""

    order: StoredOrder
    facts: OrderFacts
    returns: Sequence[tuple[Case, Parcel | None]]


async def make_gift_link(ports: Ports, shop: Shop, order_id: str) -> str:
    """The address of a fresh link for the receiver; who holds it may send the items back for credit."""
    async with transaction(ports.doorbell) as tx:
        token = await make_link(
            tx, shop_id=shop.id, order_id=order_id, at=ports.clock.now(), kind=LinkKind.GIFT
        )  # fmt: skip
    return f"{ports.public_url}/o/{token}"


async def view_gift(ports: Ports, shop: Shop, order_id: str) -> SeenGift:
    """All that the receiver's page shows."""
    whole = await judge(ports, shop, await get_order(shop.id, order_id), Ask(action=Action.RETURN, whole=True))
    asked = [case for case in await cases_of_order(order_id) if case.asked_by == RECEIVER]
    returns = [(case, await first_parcel(case.id)) for case in asked]
    return SeenGift(whole.order, whole.facts, tuple(returns))


async def first_parcel(case_id: str) -> Parcel | None:
    """The parcel in which a gift comes back; None where nothing has to be sent."""
    parcels = await parcels_of_case(case_id)
    return parcels[0] if parcels else None


def gift_ask(lines: Sequence[LineCount]) -> Ask:
    """A gift comes back for credit and for nothing else: the money is who gave it's."""
    return Ask(action=Action.RETURN, lines=tuple(lines), resolution=Resolution.STORE_CREDIT)


async def preview_gift(ports: Ports, shop: Shop, order_id: str, lines: Sequence[LineCount]) -> Preview:
    """Say what a confirmation would do now. Writes nothing."""
    return await preview_return(ports, shop, order_id, gift_ask(lines))


async def confirm_gift(
    ports: Ports, shop: Shop, order_id: str, lines: Sequence[LineCount], *, email: str, agreed: str, locale: str,
    answered: Answered,
) -> Case:  # fmt: skip
    """See ``confirming.confirm``; every mail of the case goes to ``email``."""
    return await confirm_return(
        ports, shop, order_id, gift_ask(lines), agreed=agreed, asked_by=RECEIVER, locale=locale, answered=answered,
        contact=email, photos=None,
    )  # fmt: skip
