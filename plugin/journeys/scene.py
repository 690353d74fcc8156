"""Everything that a letter about a case may speak of, read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from plugin.access.service import LinkKind, make_link
from plugin.cases.left import nothing_is_left
from plugin.cases.models import Case, CaseUnit
from plugin.cases.store import units_of_case
from plugin.codes.minting import show
from plugin.codes.models import Code
from plugin.codes.store import find_code_of_case
from plugin.core.words import Words, choose_locale
from plugin.credit.issuing import Given, given_in
from plugin.db import Transaction
from plugin.journeys.seen_exchange import DearerFix, SeenExchange, see_dearer_fix, see_exchange
from plugin.journeys.told import paid_again
from plugin.orders.models import Payment
from plugin.orders.service import StoredOrder, payments_of
from plugin.parcels.models import Parcel
from plugin.parcels.store import parcels_of_case
from plugin.ports.runtime import Ports
from plugin.refunds.debits import debits_of_case
from plugin.refunds.models import RefundLeg
from plugin.refunds.states import LegState
from plugin.refunds.store import legs_of_case
from plugin.shops.models import Shop
from plugin.shops.service import settings_of, zone_of
from plugin.shops.settings import ShopSettings
from plugin.withdrawals.store import is_withdrawal_open


@dataclass(frozen=True)
class Scene:
    """Everything that a letter about a case may speak of, read once under the order's lock.

    ``url`` is where the letter leads: the shopper's own link, or the desk of the staff, who never act as the shopper.
    ``nothing_is_left`` speaks of the order, ``paid_again`` names the legs that pay what had come back. ``is_in_debt``:
    the case was paid before its goods were seen, and more than was owed. While the order ``is_withdrawn`` from by law
    and that is not carried out, no code is here to be offered.
    """

    shop: Shop
    settings: ShopSettings
    order: StoredOrder
    case: Case
    legs: Sequence[RefundLeg]
    payments: dict[str, Payment]
    code: Code | None
    code_text: str | None
    words: Words
    url: str
    public_url: str
    at: datetime
    nothing_is_left: bool
    paid_again: frozenset[str]
    is_withdrawn: bool
    parcels: Sequence[Parcel] = ()
    units: Sequence[CaseUnit] = ()
    is_in_debt: bool = False
    credit: Given | None = None
    exchange: SeenExchange | None = None
    dearer: DearerFix | None = None

    @property
    def is_gift(self) -> bool:
        """Whether the letter goes to the receiver of a gift, who must learn nothing of who gave it and what it cost."""
        return self.case.contact is not None

    @property
    def person_url(self) -> str:
        return f"{self.url}/person"


async def shopper_link(tx: Transaction, ports: Ports, order: StoredOrder, case: Case | None = None) -> str:
    """A fresh link for one letter: of the order's shopper, or one that opens the gift alone to its receiver."""
    kind = LinkKind.GIFT if case is not None and case.contact else LinkKind.ORDER
    token = await make_link(tx, shop_id=order.row.shop_id, order_id=order.id, at=ports.clock.now(), kind=kind)
    return f"{ports.public_url}/o/{token}"


async def set_scene(tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, case: Case, url: str) -> Scene:
    """Read it all."""
    settings = settings_of(shop)
    is_withdrawn = case.basis == "statutory" or await is_withdrawal_open(order.id)
    code = None if is_withdrawn else await find_code_of_case(case.id)
    locale = choose_locale(case.locale, order.now.customer.locale, settings.locale)
    legs = await legs_of_case(case.id)
    replaced = {leg.replaces for leg in legs}
    return Scene(
        shop=shop,
        settings=settings,
        order=order,
        case=case,
        legs=[leg for leg in legs if leg.id not in replaced and leg.state != LegState.RELEASED],
        payments={payment.id: payment for payment in await payments_of(order.id)},
        code=code,
        code_text=show(ports.vault, code) if code else None,
        words=Words(locale, zone_of(settings, order.now.time_zone)),
        url=url,
        public_url=ports.public_url,
        at=ports.clock.now(),
        nothing_is_left=await nothing_is_left(order, case),
        paid_again=await paid_again(case, legs),
        parcels=await parcels_of_case(case.id),
        units=await units_of_case(case.id),
        is_in_debt=bool(await debits_of_case(case.id)),
        is_withdrawn=is_withdrawn,
        credit=await given_in(tx, ports.vault, case.id),
        exchange=await see_exchange(case),
        dearer=await see_dearer_fix(case),
    )
