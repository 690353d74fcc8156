"""What a person does about new goods that the store could not be had to order."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, RawBody
from msgspec import Meta, Struct

from handlers.admin.case_bodies import StepAsk
from handlers.admin.case_steps import DECIDES, MOVED, MOVES_MONEY, NO_SUCH, NOW, TAGS, moves_money, step
from handlers.admin.entrance import SECURITY, STAFF
from handlers.admin.frame import FRESH, KNOWN, ONCE
from handlers.dependencies import PublicId
from handlers.idempotent import IdempotencyKey
from handlers.problems import problem_responses
from plugin.access.staff import Member
from plugin.journeys import staff, staff_exchange
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop


class OrderedAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The order that was made in the store's admin: its id there, and the number that people call it by."""

    order_id: Annotated[str, Meta(min_length=1, max_length=80, examples=["1057"])]
    number: Annotated[str, Meta(min_length=1, max_length=80, examples=["#1057"])]


@post(
    "/v1/admin/cases/{case_id:str}/ordered-by-hand",
    status_code=200, dependencies=STAFF, guards=DECIDES, security=SECURITY, tags=TAGS,
    summary="Confirm by hand that the new goods are ordered",
    description="You have made the order in the store's own admin; its webhooks are found by its id. What is "
    "not paid for needs `move_money` and a fresh sign-in, as in having it ordered once more.",
    responses=MOVED | problem_responses(KNOWN | NO_SUCH | ONCE | NOW),
)  # fmt: skip
async def ordered_by_hand(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], case_id: PublicId,
    data: JSONBody[OrderedAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    async def do(answered: staff.Answered) -> None:
        await staff_exchange.order_by_hand(
            ports, shop, case_id, member.actor, external_id=data.order_id, number=data.number,
            may_give=moves_money(ports, member), answered=answered,
        )  # fmt: skip

    return await step(ports, member, "case.ordered", case_id, idempotency_key, body, do)


@post(
    "/v1/admin/cases/{case_id:str}/order-again",
    status_code=200, dependencies=STAFF, guards=DECIDES, security=SECURITY, tags=TAGS,
    summary="Have the store order the new goods once more",
    description="Also goods that wait for others which were lost or not accepted, and those whose difference nobody "
    "could pay: what is missing is written down and never charged. That needs `move_money` and a fresh sign-in.",
    responses=MOVED | problem_responses(KNOWN | NO_SUCH | ONCE | NOW),
)  # fmt: skip
async def order_again(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], case_id: PublicId,
    data: JSONBody[StepAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    async def do(answered: staff.Answered) -> None:
        await staff_exchange.order_again(
            ports, shop, case_id, member.actor, may_give=moves_money(ports, member), answered=answered
        )

    return await step(ports, member, "case.order", case_id, idempotency_key, body, do)


@post(
    "/v1/admin/cases/{case_id:str}/give-up-new-goods",
    status_code=200, dependencies=STAFF, guards=MOVES_MONEY, security=SECURITY, tags=TAGS,
    summary="Give the money instead of new goods",
    description="What was paid on top goes back, and so does the worth of what was sent back.",
    responses=MOVED | problem_responses(FRESH | NO_SUCH | ONCE | NOW),
)  # fmt: skip
async def give_up_new_goods(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop], case_id: PublicId,
    data: JSONBody[StepAsk], body: RawBody, idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:  # fmt: skip
    async def do(answered: staff.Answered) -> None:
        await staff_exchange.give_up_new_goods(ports, shop, case_id, member.actor, answered=answered)

    return await step(ports, member, "case.give_up", case_id, idempotency_key, body, do)


exchange_step_routes = [ordered_by_hand, order_again, give_up_new_goods]
