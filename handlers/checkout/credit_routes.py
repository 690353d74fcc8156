"""The checkout API of store credit: quote from the store's page, reserve, redeem and release from its server."""

from __future__ import annotations

from datetime import timedelta

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody, RawBody

from handlers.checkout.bodies import ReleaseAnswer, ReleaseAsk
from handlers.checkout.credit_bodies import (
    CreditQuoteAnswer,
    CreditQuoteAsk,
    CreditRedeemAnswer,
    CreditRedeemAsk,
    CreditReserveAnswer,
    CreditReserveAsk,
)
from handlers.checkout.frame import CALL, FROM_PAGE, FROM_SERVER, KEY, UNKNOWN, count_quote, once
from handlers.dependencies import AnyRequest
from handlers.idempotent import IdempotencyKey
from handlers.problems import problem_responses
from handlers.reference import BY_PUBLISHABLE_KEY, BY_SERVER_KEY
from plugin.core.words import Words, choose_locale
from plugin.credit import service
from plugin.db import Transaction
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import settings_of, zone_of


@post(
    "/v1/credits/quote",
    status_code=200,
    dependencies=FROM_PAGE,
    security=[{BY_PUBLISHABLE_KEY: []}],
    tags=["checkout"],
    summary="What store credit can pay of a cart",
    description="Changes nothing. Credit that cannot pay is a 200 that says why, in the shopper's language.",
    responses=problem_responses(KEY | UNKNOWN | {429: "Too many quotes; see Retry-After."}),
)
async def quote_credit(
    request: AnyRequest, data: JSONBody[CreditQuoteAsk], ports: NamedDependency[Ports], shop: NamedDependency[Shop]
) -> CreditQuoteAnswer:
    await count_quote(request, ports, shop)
    cart = data.cart
    quoted = await service.quote(ports, shop, data.code, total=cart.total, currency=cart.currency, cart_id=cart.id)
    settings = settings_of(shop)
    return CreditQuoteAnswer.of(quoted, Words(choose_locale(data.locale, settings.locale), zone_of(settings)))


@post(
    "/v1/credits/reserve",
    status_code=200,
    dependencies=FROM_SERVER,
    security=[{BY_SERVER_KEY: []}],
    tags=["checkout"],
    summary="Hold store credit for a cart",
    description="The same cart again holds it anew, for another amount or for longer; carts share what there is.",
    responses={200: ResponseSpec(CreditReserveAnswer, description="The amount is held.")}
    | problem_responses(CALL | {409: "The credit cannot pay that; `code` says why, `available` how much it can."}),
)
async def reserve_credit(
    data: JSONBody[CreditReserveAsk], body: RawBody, ports: NamedDependency[Ports], shop: NamedDependency[Shop],
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    async def use_case(tx: Transaction) -> CreditReserveAnswer:
        held = await service.reserve(
            tx, ports, shop, data.code, cart_id=data.cart.id, total=data.cart.total, currency=data.cart.currency,
            amount=data.amount, lasts=timedelta(minutes=data.minutes),
        )  # fmt: skip
        return CreditReserveAnswer.of(held)

    return await once(ports, shop, "credits.reserve", idempotency_key, body, use_case)


@post(
    "/v1/credits/redeem",
    status_code=200,
    dependencies=FROM_SERVER,
    security=[{BY_SERVER_KEY: []}],
    tags=["checkout"],
    summary="Spend store credit on a placed order",
    description="Partly or whole, once an order: the same order again gets the same answer. Without a hold, or after "
    "its end, it is taken as long as the credit covers it.",
    responses={200: ResponseSpec(CreditRedeemAnswer, description="The order has spent it.")}
    | problem_responses(CALL | {409: "The credit cannot pay that; `code` says why, `available` how much it can."}),
)
async def redeem_credit(
    data: JSONBody[CreditRedeemAsk], body: RawBody, ports: NamedDependency[Ports], shop: NamedDependency[Shop],
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    async def use_case(tx: Transaction) -> CreditRedeemAnswer:
        spent = await service.redeem(
            tx, ports, shop, data.code, cart_id=data.cart_id, external_order_id=data.order_id, amount=data.amount,
            currency=data.currency,
        )  # fmt: skip
        return CreditRedeemAnswer.of(spent)

    return await once(ports, shop, "credits.redeem", idempotency_key, body, use_case)


@post(
    "/v1/credits/release",
    status_code=200,
    dependencies=FROM_SERVER,
    security=[{BY_SERVER_KEY: []}],
    tags=["checkout"],
    summary="Let go of a cart's store credit",
    description="Releasing what the cart does not hold changes nothing and is no error.",
    responses={200: ResponseSpec(ReleaseAnswer, description="The cart holds none of it.")}
    | problem_responses(CALL | {409: "The first call with this key is still running."}),
)
async def release_credit(
    data: JSONBody[ReleaseAsk], body: RawBody, ports: NamedDependency[Ports], shop: NamedDependency[Shop],
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    async def use_case(tx: Transaction) -> ReleaseAnswer:
        await service.release(tx, ports, shop, data.code, data.cart_id)
        return ReleaseAnswer(cart_id=data.cart_id)

    return await once(ports, shop, "credits.release", idempotency_key, body, use_case)


credit_checkout_routes = [quote_credit, reserve_credit, redeem_credit, release_credit]
