"""A person to talk to, and the way out."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.response import Redirect

from handlers.pages.forms import field
from handlers.pages.order import INSIDE, POSTED
from handlers.pages.render import frame_of, outer_frame, page
from handlers.pages.visit import AnyRequest, Visit, ended_cookie, is_secure
from handlers.shopper import phrases
from plugin.access.service import close_session
from plugin.journeys.reach_person import LONGEST, MessageEmpty, reach_person
from plugin.ports.runtime import Ports


@get("/order/person", **INSIDE)
async def person_page(request: AnyRequest, visit: NamedDependency[Visit]) -> Response[str]:
    return page(request, "person", frame_of(visit, "/order/person"), longest=LONGEST, wrong=None)


@post("/order/person", **POSTED)
async def write_to_person(
    request: AnyRequest,
    ports: NamedDependency[Ports],
    visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
) -> Response[str] | Redirect:
    try:
        await reach_person(ports, visit.shop, visit.order.id, field(form, "message"))
    except MessageEmpty as empty:
        wrong = visit.words.say(empty.sentence)
        return page(request, "person", frame_of(visit, "/order/person"), status=422, longest=LONGEST, wrong=wrong)
    return Redirect("/order/person/sent", status_code=303)


@get("/order/person/sent", **INSIDE)
async def person_has_it(request: AnyRequest, visit: NamedDependency[Visit]) -> Response[str]:
    moment = visit.words.moment(visit.speak.person().answers_by)
    sentence = visit.words.say(phrases.PERSON_ANSWER, moment=moment)
    return page(request, "person_sent", frame_of(visit, "/order/person/sent"), sentence=sentence)


@post("/order/leave", **POSTED)
async def leave(
    request: AnyRequest,
    ports: NamedDependency[Ports],
    visit: NamedDependency[Visit],
    form: NamedDependency[FormMultiDict],
) -> Response[str]:
    await close_session(visit.guest.visitor)
    frame = outer_frame(visit.shop, visit.words, f"/shops/{visit.shop.id}/orders")
    return page(request, "left", frame, shop_id=visit.shop.id, cookies=[ended_cookie(secure=is_secure(ports))])


person_routes = [person_page, write_to_person, person_has_it, leave]
