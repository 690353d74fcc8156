"""The checkout API of retention codes: quote from the store's page, reserve, redeem and release from its server."""

from __future__ import annotations

from datetime import timedelta

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody, RawBody

from handlers.checkout.bodies import (
    QuoteAnswer,
    QuoteAsk,
    RedeemAnswer,
    RedeemAsk,
    ReleaseAnswer,
    ReleaseAsk,
    ReserveAnswer,
    ReserveAsk,
)
from handlers.checkout.frame import CALL, FROM_PAGE, FROM_SERVER, KEY, UNKNOWN, count_quote, once
from handlers.dependencies import AnyRequest
from handlers.idempotent import IdempotencyKey
from handlers.problems import problem_responses
from handlers.reference import BY_PUBLISHABLE_KEY, BY_SERVER_KEY
from plugin.codes import service
from plugin.core.words import Words, choose_locale
from plugin.db import Transaction
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import settings_of, zone_of


class QuoteController(Controller):
    path = "/v1/codes"
    tags = ("checkout",)
    security = ({BY_PUBLISHABLE_KEY: []},)
    dependencies = FROM_PAGE

    @post(
        "/quote",
        status_code=200,
        summary="What a code gives on a cart",
        description="Changes nothing. A code that is not good is a 200 that says why, in the shopper's language.",
        responses=problem_responses(KEY | UNKNOWN | {429: "Too many quotes; see Retry-After."}),
    )
    async def quote(
        self, request: AnyRequest, data: JSONBody[QuoteAsk], ports: NamedDependency[Ports], shop: NamedDependency[Shop]
    ) -> QuoteAnswer:
        await count_quote(request, ports, shop)
        quoted = await service.quote(ports, shop, data.code, data.cart.cart(), data.email)
        settings = settings_of(shop)
        words = Words(choose_locale(data.locale, settings.locale), zone_of(settings))
        return QuoteAnswer.of(quoted, words)


class LedgerController(Controller):
    path = "/v1/codes"
    tags = ("checkout",)
    security = ({BY_SERVER_KEY: []},)
    dependencies = FROM_SERVER

    @post(
        "/reserve",
        status_code=200,
        summary="Hold a code for a cart",
        description="The same cart again holds the code for longer; another cart is refused meanwhile.",
        responses={200: ResponseSpec(ReserveAnswer, description="The code is held.")}
        | problem_responses(CALL | {409: "The code is not good for this cart; `code` says why."}),
    )
    async def reserve(
        self, data: JSONBody[ReserveAsk], body: RawBody, ports: NamedDependency[Ports], shop: NamedDependency[Shop],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[bytes]:  # fmt: skip
        async def use_case(tx: Transaction) -> ReserveAnswer:
            lasts = timedelta(minutes=data.minutes)
            held = await service.reserve(tx, ports, shop, data.code, data.cart.cart(), data.email, lasts)
            return ReserveAnswer.of(held)

        return await once(ports, shop, "codes.reserve", idempotency_key, body, use_case)

    @post(
        "/redeem",
        status_code=200,
        summary="Redeem a code for a placed order",
        description="At most once: the same order again gets the same answer, another order is refused. "
        "A late redemption is accepted and flagged, unless another order was faster.",
        responses={200: ResponseSpec(RedeemAnswer, description="The code is redeemed.")}
        | problem_responses(CALL | {409: "Another order has it, or another cart holds it now; `code` says which."}),
    )
    async def redeem(
        self, data: JSONBody[RedeemAsk], body: RawBody, ports: NamedDependency[Ports], shop: NamedDependency[Shop],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[bytes]:  # fmt: skip
        async def use_case(tx: Transaction) -> RedeemAnswer:
            done = await service.redeem(tx, ports, shop, data.code, data.purchase())
            return RedeemAnswer.of(done)

        return await once(ports, shop, "codes.redeem", idempotency_key, body, use_case)

    @post(
        "/release",
        status_code=200,
        summary="Let go of a cart's hold",
        description="Releasing what the cart does not hold changes nothing and is no error.",
        responses={200: ResponseSpec(ReleaseAnswer, description="The cart does not hold the code.")}
        | problem_responses(CALL | {409: "The first call with this key is still running."}),
    )
    async def release(
        self, data: JSONBody[ReleaseAsk], body: RawBody, ports: NamedDependency[Ports], shop: NamedDependency[Shop],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[bytes]:  # fmt: skip
        async def use_case(tx: Transaction) -> ReleaseAnswer:
            await service.release(tx, shop, data.code, data.cart_id)
            return ReleaseAnswer(cart_id=data.cart_id)

        return await once(ports, shop, "codes.release", idempotency_key, body, use_case)


checkout_routes: list[type[Controller]] = [QuoteController, LedgerController]
