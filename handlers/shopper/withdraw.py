"""Withdrawing from a contract: in public and without a login, or inside a session of the order. Two steps, both ways.

In public the answers are the same whether or not there is such an order.
"""

from __future__ import annotations

from typing import Annotated

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from handlers.addresses import caller_group
from handlers.dependencies import AnyRequest, Guest, PublicId
from handlers.language import wanted_languages
from handlers.logs import name_shop
from handlers.origins import grant_origin
from handlers.problems import problem_responses
from handlers.shopper.orders import LineAsk
from handlers.shopper.present import presenter
from handlers.shopper.views import WithdrawalStands
from handlers.shopper.visit import GUEST, SECURITY, Locale
from handlers.shopper.withdraw_views import WithdrawalView, labels_view, stands_view, withdrawal_view
from plugin.core.words import Words, choose_locale
from plugin.journeys.withdraw import (
    confirm_as_guest,
    confirm_in_session,
    declare_as_guest,
    declare_in_session,
    verify_in_session,
    withdrawing_shop,
)
from plugin.orders.service import get_order
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import settings_of, zone_of
from plugin.withdrawals.models import Withdrawal
from plugin.withdrawals.service import Statement
from plugin.withdrawals.store import withdrawals_of_order

TAGS = ["Withdrawal"]
LONGEST_ITEMS = 1000
_OFF = {404: "There is no such shop, or it takes no withdrawals here."}
_MANY = {429: "Too many declarations; see Retry-After."}
_LAPSED = {410: "It was not confirmed within a day: declare it again."}
_ENDED = {401: "The session has ended."}

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S", examples=["Ana Ruiz"])]
Contact = Annotated[
    str,
    Meta(
        min_length=3, max_length=254, pattern="^[^@ \\x00-\\x1f]+@[^@ \\x00-\\x1f]+$", examples=["ana@example.com"],
        description="Where the acknowledgement goes.",
    ),
]  # fmt: skip


class WithdrawAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who withdraws, from which contract, and where the acknowledgement goes. No reason is ever asked for."""

    name: Name
    order_number: Annotated[str, Meta(min_length=1, max_length=80, pattern=r"\S", examples=["#1001"])]
    contact: Contact
    items: Annotated[
        str,
        Meta(
            max_length=LONGEST_ITEMS, examples=["2 x Linen shirt"],
            description="Only these items, one a line, as the order names them. Without it, the whole contract.",
        ),
    ] | None = None  # fmt: skip
    locale: Annotated[str, Meta(max_length=35, examples=["es"])] | None = None

    def statement(self, locale: str) -> Statement:
        return Statement(
            name=self.name, order_number=self.order_number, contact=self.contact, items=self.items, locale=locale
        )


class WithdrawHereAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Inside a session: what the order says already need not be given. No ``lines`` is the whole contract."""

    name: Name | None = None
    contact: Contact | None = None
    lines: Annotated[list[LineAsk], Meta(max_length=1000)] = []


def words_of(request: AnyRequest, shop: Shop, wished: str | None) -> Words:
    settings = settings_of(shop)
    accepted = wanted_languages(request.headers.get("accept-language"))
    return Words(choose_locale(wished, *accepted, settings.locale), zone_of(settings))


async def _shop(request: AnyRequest, shop_id: str) -> Shop:
    shop = await withdrawing_shop(shop_id)
    name_shop(request.scope, shop.id)
    grant_origin(request, settings_of(shop).origins)
    return shop


@post(
    "/v1/shops/{shop_id:str}/withdrawals",
    status_code=202,
    tags=TAGS,
    summary="Withdraw from a contract: declare",
    description="The first of two steps, without a login or a key. The answer is the declaration to look at once more; "
    "it is the same whether or not there is such an order. Nothing is withdrawn before it is confirmed.",
    responses=problem_responses(_OFF | _MANY),
)
async def declare(
    request: AnyRequest, ports: NamedDependency[Ports], shop_id: PublicId, data: JSONBody[WithdrawAsk]
) -> WithdrawalView:
    shop = await _shop(request, shop_id)
    words = words_of(request, shop, data.locale)
    made = await declare_as_guest(ports, shop, data.statement(words.locale), caller=caller_group(request))
    return withdrawal_view(made, labels_view(shop, settings_of(shop).country, words), words)


@post(
    "/v1/shops/{shop_id:str}/withdrawals/{withdrawal_id:str}/confirm",
    status_code=202,
    tags=TAGS,
    summary="Withdraw from a contract: confirm",
    description="From this moment, by our clock, the declaration stands. Its acknowledgement is on its way to the "
    "address given. Confirming twice is confirming once.",
    responses=problem_responses({404: "No such declaration at this shop."} | _LAPSED | _MANY),
)
async def confirm(
    request: AnyRequest, ports: NamedDependency[Ports], shop_id: PublicId, withdrawal_id: PublicId,
    locale: Locale = None,
) -> WithdrawalView:  # fmt: skip
    shop = await _shop(request, shop_id)
    made = await confirm_as_guest(ports, shop, withdrawal_id, caller=caller_group(request))
    words = words_of(request, shop, locale or made.locale)
    return withdrawal_view(made, labels_view(shop, settings_of(shop).country, words), words)


@get(
    "/v1/order/withdrawals",
    dependencies=GUEST,
    security=SECURITY,
    tags=TAGS,
    summary="Where declarations about this order stand",
    responses=problem_responses(_ENDED),
)
async def see_withdrawals(
    ports: NamedDependency[Ports], guest: NamedDependency[Guest], locale: Locale = None
) -> list[WithdrawalStands]:
    order = await get_order(guest.shop.id, guest.visitor.order_id)
    words = presenter(guest.shop, order, ports.clock.now(), locale).words
    return [stands_view(each, words) for each in await withdrawals_of_order(order.id)]


@post(
    "/v1/order/withdrawals",
    status_code=202,
    dependencies=GUEST,
    security=SECURITY,
    tags=TAGS,
    summary="Withdraw from the contract of this order: declare",
    description="The first of two steps. The session shows who declares it.",
    responses=problem_responses(
        _ENDED | _OFF | _MANY | {422: "The order has no name or address of its own: give them."}
    ),
)
async def declare_here(
    ports: NamedDependency[Ports], guest: NamedDependency[Guest], data: JSONBody[WithdrawHereAsk],
    locale: Locale = None,
) -> WithdrawalView:  # fmt: skip
    wanted: dict[str, int] = {}
    for line in data.lines:
        wanted[line.line_id] = wanted.get(line.line_id, 0) + line.quantity
    return await declared_here(ports, guest, data.name, data.contact, wanted, locale)


async def declared_here(
    ports: Ports, guest: Guest, name: str | None, contact: str | None, lines: dict[str, int], locale: str | None
) -> WithdrawalView:
    """For the API and the pages alike."""
    await withdrawing_shop(guest.shop.id)
    order = await get_order(guest.shop.id, guest.visitor.order_id)
    words = presenter(guest.shop, order, ports.clock.now(), locale).words
    made = await declare_in_session(
        ports, guest.shop, order.id, name=name, contact=contact, locale=words.locale, lines=lines
    )
    return _here(made, guest.shop, order.placement.customer.country, words)


def _here(made: Withdrawal, shop: Shop, country: str | None, words: Words) -> WithdrawalView:
    return withdrawal_view(made, labels_view(shop, country, words), words)


@post(
    "/v1/order/withdrawals/{withdrawal_id:str}/confirm",
    status_code=202,
    dependencies=GUEST,
    security=SECURITY,
    tags=TAGS,
    summary="Withdraw from the contract of this order: confirm",
    description="From this moment, by our clock, the declaration stands, and is carried out.",
    responses=problem_responses(_ENDED | {404: "No such declaration about this order."} | _LAPSED),
)
async def confirm_here(
    ports: NamedDependency[Ports], guest: NamedDependency[Guest], withdrawal_id: PublicId, locale: Locale = None
) -> WithdrawalView:
    return await confirmed_here(ports, guest, withdrawal_id, locale)


async def confirmed_here(ports: Ports, guest: Guest, withdrawal_id: str, locale: str | None) -> WithdrawalView:
    """For the API and the pages alike."""
    order = await get_order(guest.shop.id, guest.visitor.order_id)
    words = presenter(guest.shop, order, ports.clock.now(), locale).words
    made = await confirm_in_session(ports, guest.shop, withdrawal_id, order.id)
    return _here(made, guest.shop, order.placement.customer.country, words)


@post(
    "/v1/order/withdrawals/{withdrawal_id:str}/verify",
    status_code=200,
    dependencies=GUEST,
    security=SECURITY,
    tags=TAGS,
    summary="Say that a declaration about this order is one's own",
    description="For one that was declared in public: the session shows who declared it, and it is carried out.",
    responses=problem_responses(_ENDED | {404: "No such declaration about this order."}),
)
async def verify_here(
    ports: NamedDependency[Ports], guest: NamedDependency[Guest], withdrawal_id: PublicId, locale: Locale = None
) -> WithdrawalStands:
    order = await get_order(guest.shop.id, guest.visitor.order_id)
    words = presenter(guest.shop, order, ports.clock.now(), locale).words
    return stands_view(await verify_in_session(ports, guest.shop, withdrawal_id, order.id), words)


withdraw_routes = [declare, confirm, see_withdrawals, declare_here, confirm_here, verify_here]
