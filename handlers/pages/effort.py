"""How easy was it? Seven buttons, one tap: on a page behind the mail's link, and on the page of a closed case."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from handlers.dependencies import PublicId
from handlers.pages.forms import FormUnreadable, field
from handlers.pages.order import POSTED
from handlers.pages.render import outer_frame, page
from handlers.pages.visit import AnyRequest, Visit, from_our_own_page, look_at, words_for
from plugin.insights.effort import find_question
from plugin.insights.models import EffortQuestion
from plugin.journeys.effort import EASIEST, HARDEST, NoSuchQuestion, answer_by_token, answer_in_session
from plugin.ports.runtime import Ports
from plugin.shops.service import get_shop

PAGE: dict[str, Any] = {"opt": {"page": True}, "include_in_schema": False}
FORM: dict[str, Any] = {**PAGE, "guards": [from_our_own_page]}
LONGEST_WORDS = 1000


def _score(form: FormMultiDict) -> int:
    """The tapped button; raises ``FormUnreadable``."""
    said = field(form, "score")
    if not (said.isascii() and said.isdigit() and len(said) == 1 and HARDEST <= int(said) <= EASIEST):
        raise FormUnreadable(param="score")
    return int(said)


def _words(form: FormMultiDict) -> str | None:
    said = " ".join("".join(char if char.isprintable() else " " for char in field(form, "words")).split())
    return said[:LONGEST_WORDS] or None


@get("/effort/{token:str}", **PAGE)
async def effort_page(request: AnyRequest, ports: NamedDependency[Ports], token: FromPath[str]) -> Response[str]:
    question = await find_question(token)
    if question is None:
        raise NoSuchQuestion()
    return await _page(request, question, is_answered=question.answered_at is not None)


@post("/effort/{token:str}", **FORM)
async def answer_effort(request: AnyRequest, ports: NamedDependency[Ports], token: FromPath[str]) -> Response[str]:
    form = await request.form()
    question = await answer_by_token(ports, token, _score(form), _words(form))
    return await _page(request, question, is_answered=True)


async def _page(request: AnyRequest, question: EffortQuestion, *, is_answered: bool) -> Response[str]:
    shop = await get_shop(question.shop_id)
    look_at(request, shop)
    frame = outer_frame(shop, words_for(request, shop), request.url.path)
    return page(request, "effort", frame, is_answered=is_answered, longest=LONGEST_WORDS)


@post("/order/cases/{case_id:str}/effort", **POSTED)
async def answer_on_case(
    ports: NamedDependency[Ports],
    visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
    case_id: PublicId,
) -> Redirect:
    await answer_in_session(ports, visit.shop, visit.order.id, case_id, _score(form), _words(form))
    return Redirect(f"/order/cases/{case_id}", status_code=303)


effort_routes = [effort_page, answer_effort, answer_on_case]
