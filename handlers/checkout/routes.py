"""The checkout API of retention codes: quote from the store's page, reserve, redeem and release from its server."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from litestar import Controller, Response, post
from litestar.di import NamedDependency, Provide
from litestar.openapi import ResponseSpec
from litestar.params import HeaderParameter, JSONBody, RawBody

from handlers.addresses import caller_group
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
from handlers.dependencies import AnyRequest, provide_page_shop, provide_server_shop
from handlers.idempotent import Remember, answer_once
from handlers.problems import problem_responses
from handlers.reference import BY_PUBLISHABLE_KEY, BY_SERVER_KEY
from plugin.access.rate import count
from plugin.codes import service
from plugin.core.words import Words, choose_locale
from plugin.db import transaction
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import settings_of, zone_of

QUOTES_PER_MINUTE = 60  # by one client: enough for every change of a cart, useless against 80 bits

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(name="Idempotency-Key", required=False, description="A new random value for each new intent."),
]

KEY = {401: "The key is not known."}
UNKNOWN = {404: "No code of this shop reads so."}
CALL = KEY | UNKNOWN | {400: "No Idempotency-Key, or a body that is not exact.", 422: "The key was used before."}
FROM_PAGE = {"shop": Provide(provide_page_shop)}
FROM_SERVER = {"shop": Provide(provide_server_shop)}


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
        asker = f"quote:{shop.id}:{caller_group(request)}"
        await count(asker, limit=QUOTES_PER_MINUTE, at=ports.clock.now(), per=timedelta(minutes=1))
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
        async def use_case(remember: Remember) -> None:
            async with transaction(ports.doorbell) as tx:
                lasts = timedelta(minutes=data.minutes)
                held = await service.reserve(tx, ports, shop, data.code, data.cart.cart(), data.email, lasts)
                await remember(tx, ReserveAnswer.of(held))

        return await answer_once(
            ports, shop_id=shop.id, scope="codes.reserve", key=idempotency_key, request=body, status=200,
            use_case=use_case,
        )  # fmt: skip

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
        async def use_case(remember: Remember) -> None:
            async with transaction(ports.doorbell) as tx:
                done = await service.redeem(tx, ports, shop, data.code, data.purchase())
                await remember(tx, RedeemAnswer.of(done))

        return await answer_once(
            ports, shop_id=shop.id, scope="codes.redeem", key=idempotency_key, request=body, status=200,
            use_case=use_case,
        )  # fmt: skip

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
        async def use_case(remember: Remember) -> None:
            async with transaction(ports.doorbell) as tx:
                await service.release(tx, shop, data.code, data.cart_id)
                await remember(tx, ReleaseAnswer(cart_id=data.cart_id))

        return await answer_once(
            ports, shop_id=shop.id, scope="codes.release", key=idempotency_key, request=body, status=200,
            use_case=use_case,
        )  # fmt: skip


checkout_routes: list[type[Controller]] = [QuoteController, LedgerController]
