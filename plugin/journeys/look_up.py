"""A guest wants to see an order and knows its number and address. One mail holds a link and a code; either opens it.

The answer is the same, and takes the same statements, whether or not there is such an order; whatever differs happens
in the work behind it. Mail goes to the address on the order and to no other.
"""

from __future__ import annotations

from datetime import timedelta

from plugin.access import rate
from plugin.access.service import LOOKUP_LASTS, begin_lookup, find_lookup, give_code, make_link
from plugin.core.ids import token_hash
from plugin.core.words import choose_locale
from plugin.db import transaction
from plugin.journeys.letter_frame import brand_of, first_name
from plugin.messages import outbox as mails
from plugin.messages.contexts import ManageLink
from plugin.orders.service import find_id_by_number_and_email, get_order, number_key
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim
from plugin.ports.runtime import Ports
from plugin.shops.hours import person_answers_by
from plugin.shops.models import Shop
from plugin.shops.service import get_shop, settings_of, zone_of

MAIL_LOOKUP = "mail_lookup"
PER_ADDRESS, PER_ORDER, PER_CALLER = 5, 10, 20  # an hour (SECURITY.md, Parameters)


async def look_up(ports: Ports, shop: Shop, *, number: str, email: str, caller: str) -> str:
    """Begin a lookup and return its id; raises ``TooMany``. ``caller`` is the caller's address (IPv6: its /64).

    The limit of an order is its caller's own: lookups are counted before anything is known to match, so that one
    stranger who tried out numbers would otherwise lock the guest out of the order.
    """
    at = ports.clock.now()
    await rate.count(f"lookup:caller:{shop.id}:{caller}", limit=PER_CALLER, at=at)
    await rate.count(f"lookup:address:{shop.id}:{token_hash(email.strip().lower())}", limit=PER_ADDRESS, at=at)
    await rate.count(f"lookup:order:{shop.id}:{caller}:{number_key(number)}", limit=PER_ORDER, at=at)
    order_id = await find_id_by_number_and_email(shop.id, number, email)
    async with transaction(ports.doorbell) as tx:
        lookup_id = await begin_lookup(tx, shop_id=shop.id, order_id=order_id, at=at)
        await outbox.add(tx, shop_id=shop.id, kind=MAIL_LOOKUP, ref=lookup_id, delay=timedelta(0))
    return lookup_id


async def mail_lookup(ports: Ports, claim: Claim) -> None:
    """Work: where there is an order, mail its link and code to the address on it."""
    at = ports.clock.now()
    shop = await get_shop(claim.shop_id)
    settings = settings_of(shop)
    lookup = await find_lookup(shop.id, claim.ref, at)
    async with transaction(ports.doorbell) as tx:
        order = await get_order(shop.id, lookup.order_id) if lookup and lookup.order_id else None
        if lookup is not None and order is not None and order.row.email:
            token = await make_link(tx, shop_id=shop.id, order_id=order.id, at=at)
            locale = choose_locale(order.now.customer.locale, settings.locale)
            link = f"{ports.public_url}/o/{token}"
            await mails.queue(
                tx,
                ports,
                shop_id=shop.id,
                purpose=lookup.id,
                recipient=order.row.email,
                order_id=order.id,
                context=ManageLink(
                    shop=brand_of(shop, settings, locale.split("-")[0], ports.public_url),
                    locale=locale,
                    zone=str(zone_of(settings, order.now.time_zone)),
                    order_number=order.row.number,
                    manage_url=link,
                    person_url=f"{link}/person",
                    first_name=first_name(order.now.customer.name),
                    person_answers_by=person_answers_by(settings, at),
                    code=await give_code(tx, lookup.id),
                    minutes_valid=int(LOOKUP_LASTS.total_seconds() // 60),
                ),
            )
        await outbox.complete(tx, claim)
