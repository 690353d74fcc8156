"""The statement of store credit as a page."""

from __future__ import annotations

from litestar import Response, get
from litestar.di import NamedDependency

from handlers.pages.order import INSIDE
from handlers.pages.render import frame_of, page
from handlers.pages.visit import AnyRequest, Visit
from handlers.shopper.credits import credits_now
from plugin.ports.runtime import Ports


@get("/order/credits", **INSIDE)
async def credits_page(
    request: AnyRequest, ports: NamedDependency[Ports], visit: NamedDependency[Visit]
) -> Response[str]:
    statement = await credits_now(ports, visit.guest, visit.wished)
    return page(request, "credits", frame_of(visit, "/order/credits"), credits=statement.credits)


credit_page_routes = [credits_page]
