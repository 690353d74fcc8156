"""How easy was it? The answer by the order-page API, once a closed case."""

from __future__ import annotations

from typing import Annotated

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from handlers.dependencies import Guest, PublicId
from handlers.problems import problem_responses
from handlers.shopper.visit import GUEST, SECURITY
from plugin.journeys.effort import answer_in_session
from plugin.ports.runtime import Ports


class EffortAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``score``: 1 (very hard) to 7 (very easy). The first answer counts."""

    score: Annotated[int, Meta(ge=1, le=7, examples=[7])]
    words: Annotated[str, Meta(max_length=1000)] | None = None


@post(
    "/v1/cases/{case_id:str}/effort",
    status_code=204,
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="Say how easy it was",
    responses=problem_responses(
        {
            401: "The session has ended.",
            404: "No such request of this order.",
            409: "The request is not closed yet.",
        }
    ),
)
async def say_how_easy(
    ports: NamedDependency[Ports], guest: NamedDependency[Guest], data: JSONBody[EffortAnswer], case_id: PublicId
) -> None:
    await answer_in_session(ports, guest.shop, guest.visitor.order_id, case_id, data.score, data.words)


effort_api_routes = [say_how_easy]
