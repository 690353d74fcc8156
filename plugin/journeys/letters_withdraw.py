"""The mails of a withdrawal. The shop's own snippets stay out of them: nothing is offered, and nothing holds back.

The acknowledgement is composed from the declaration alone, so that it is the same whether or not there is such an
order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from plugin.cases.models import Case
from plugin.cases.service import decision_of
from plugin.cases.states import CaseKind
from plugin.core.words import Words, choose_locale
from plugin.db import Transaction
from plugin.journeys.letter_frame import brand_of, first_name
from plugin.journeys.promises import REFUND_WITHIN
from plugin.journeys.scene import shopper_link
from plugin.journeys.way_back import sends_back
from plugin.journeys.withdrawal_sentences import WHY_INEFFECTIVE, Ineffective
from plugin.messages import outbox as mails
from plugin.messages.contexts_withdraw import (
    WithdrawalAcknowledged,
    WithdrawalAsked,
    WithdrawalInEffect,
    WithdrawalIneffective,
)
from plugin.messages.parts import MailLine, Snippets
from plugin.orders.service import StoredOrder
from plugin.parcels.store import parcels_of_case
from plugin.policies.reasons import Payer
from plugin.ports.orders import is_of_subscription
from plugin.ports.runtime import Ports
from plugin.shops.hours import person_answers_by
from plugin.shops.models import Shop
from plugin.shops.service import settings_of, zone_of
from plugin.withdrawals.models import Withdrawal
from plugin.withdrawals.service import give_token


def _frame(
    ports: Ports, shop: Shop, withdrawal: Withdrawal, zone: ZoneInfo, url: str, person_url: str
) -> dict[str, object]:
    settings = settings_of(shop)
    locale = choose_locale(withdrawal.locale, settings.locale)
    brand = brand_of(shop, settings, locale.split("-")[0], ports.public_url)
    return {
        "shop": replace(brand, snippets=Snippets()),
        "locale": locale,
        "zone": str(zone),
        "order_number": withdrawal.order_number,
        "manage_url": url,
        "person_url": person_url,
        "person_answers_by": person_answers_by(settings, ports.clock.now()),
        "number": withdrawal.number,
        "confirmed_at": withdrawal.confirmed_at or withdrawal.declared_at,
        "items": tuple(item for item in (withdrawal.items or "").splitlines() if item.strip()),
    }


def _lookup(ports: Ports, shop: Shop) -> str:
    return f"{ports.public_url}/shops/{shop.id}/orders"


async def acknowledge(
    tx: Transaction, ports: Ports, shop: Shop, withdrawal: Withdrawal, order: StoredOrder | None, token: str
) -> None:
    """Queue the acknowledgement to the address given, once. ``order`` is that of the session, which shows who it was;
    else the mail has the link of this token."""
    settings = settings_of(shop)
    zone = zone_of(settings, order.now.time_zone if order else None)
    confirmed = withdrawal.confirmed_at or withdrawal.declared_at
    await mails.queue(
        tx, ports, shop_id=shop.id, purpose=f"{withdrawal.id}:acknowledged", recipient=withdrawal.contact,
        order_id=order.id if order else None,
        context=WithdrawalAcknowledged(
            **_frame(  # type: ignore[arg-type]
                ports, shop, withdrawal, zone,
                _lookup(ports, shop) if order else f"{ports.public_url}/withdrawals/{token}", _lookup(ports, shop),
            ),
            name=withdrawal.name, contact=withdrawal.contact, is_known=order is not None,
            received_utc=f"{confirmed.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        ),
    )  # fmt: skip


async def ask_who_declared(
    tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, withdrawal: Withdrawal, *, again: bool
) -> None:
    """Ask at the order's own address, and at no other, whether its customer has withdrawn."""
    if order.row.email is None:
        return
    token = await give_token(tx, withdrawal, to_the_order=True)
    link = f"{ports.public_url}/withdrawals/{token}"
    frame = _frame(
        ports, shop, withdrawal, zone_of(settings_of(shop), order.now.time_zone), link, _lookup(ports, shop)
    ) | {"locale": choose_locale(order.now.customer.locale, withdrawal.locale, settings_of(shop).locale)}
    await mails.queue(
        tx, ports, shop_id=shop.id, purpose=f"{withdrawal.id}:who_declared{':again' if again else ''}",
        recipient=order.row.email, order_id=order.id,
        context=WithdrawalAsked(**frame, name=withdrawal.name, is_reminder=again),  # type: ignore[arg-type]
    )  # fmt: skip


async def tell_in_effect(
    tx: Transaction, ports: Ports, shop: Shop, order: StoredOrder, withdrawal: Withdrawal, cases: Sequence[Case]
) -> None:
    """Say what is cancelled, what is to be sent back and by when the money is there, to the order's own address."""
    zone = zone_of(settings_of(shop), order.now.time_zone)
    link = await shopper_link(tx, ports, order)
    given_back = [case for case in cases if case.kind == CaseKind.RETURN]
    returns = [case for case in given_back if sends_back(decision_of(case))]
    parcels = [parcel for case in returns for parcel in await parcels_of_case(case.id)]
    confirmed = withdrawal.confirmed_at or ports.clock.now()
    frame = _frame(ports, shop, withdrawal, zone, link, f"{link}/person") | {"order_number": order.row.number}
    rest, words = withdrawal.ineffective_reason, Words(str(frame["locale"]), zone)
    await mails.queue(
        tx, ports, shop_id=shop.id, purpose=f"{withdrawal.id}:in_effect:{len(withdrawal.cases)}", order_id=order.id,
        recipient=order.row.email or withdrawal.contact,
        context=WithdrawalInEffect(
            **frame,  # type: ignore[arg-type]
            first_name=first_name(order.now.customer.name),
            cancelled=_lines(case for case in cases if case.kind == CaseKind.CANCEL),
            sent_back=_lines(returns),
            in_no_parcel=_lines(case for case in given_back if case not in returns),
            refund_by=(confirmed + REFUND_WITHIN).astimezone(zone).date(),
            send_by=min((parcel.send_by.astimezone(zone).date() for parcel in parcels), default=None),
            return_number=returns[0].number if returns else None,
            shop_pays=bool(parcels) and all(parcel.payer == Payer.SHOP for parcel in parcels),
            is_of_subscription=is_of_subscription(order.now) or is_of_subscription(order.placement),
            rest_reason=words.say(WHY_INEFFECTIVE[Ineffective(rest)]) if rest else None,
        ),
    )  # fmt: skip


def _lines(cases: Iterable[Case]) -> tuple[MailLine, ...]:
    return tuple(
        MailLine(title=line.title, quantity=len(line.units)) for case in cases for line in decision_of(case).lines
    )


async def tell_ineffective(
    tx: Transaction, ports: Ports, shop: Shop, withdrawal: Withdrawal, reason: Ineffective
) -> None:
    """Say to who declared it that it has no effect, and why; nothing of any order is told."""
    frame = _frame(ports, shop, withdrawal, zone_of(settings_of(shop)), _lookup(ports, shop), _lookup(ports, shop))
    words = Words(str(frame["locale"]), zone_of(settings_of(shop)))
    at = ports.clock.now()
    await mails.queue(
        tx, ports, shop_id=shop.id, purpose=f"{withdrawal.id}:ineffective:{at:%Y%m%d%H%M%S}",
        recipient=withdrawal.contact, order_id=withdrawal.order_id,
        context=WithdrawalIneffective(**frame, reason=words.say(WHY_INEFFECTIVE[reason])),  # type: ignore[arg-type]
    )  # fmt: skip
