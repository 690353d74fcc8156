"""What a person of the shop reads of a decision: the very sentence that the shopper got, and the same in their own
language."""

from __future__ import annotations

from typing import NamedTuple

from plugin.cases.models import Case
from plugin.cases.service import decision_of
from plugin.core.words import Words, choose_locale
from plugin.orders.service import get_order
from plugin.policies.explain import explain
from plugin.shops.models import Shop
from plugin.shops.service import settings_of, zone_of


class Told(NamedTuple):
    """The decision as it is said in one locale."""

    locale: str
    sentence: str


async def said_of(shop: Shop, case: Case) -> tuple[Told, ...]:
    """The decision as the shopper reads it and, where that is another locale, as the shop does; in the order's zone."""
    settings, order = settings_of(shop), await get_order(shop.id, case.order_id)
    zone = zone_of(settings, order.now.time_zone)
    shoppers = choose_locale(case.locale, order.now.customer.locale, settings.locale)
    locales = dict.fromkeys((shoppers, choose_locale(settings.locale)))
    decision = decision_of(case)
    return tuple(Told(locale, explain(decision, Words(locale, zone)).sentence) for locale in locales)
