"""Where is my money? The page of the same answer that the API gives."""

from __future__ import annotations

from litestar import Response, get
from litestar.di import NamedDependency

from handlers.pages.order import INSIDE
from handlers.pages.render import frame_of, page
from handlers.pages.visit import AnyRequest, Visit
from handlers.shopper.money import money_now
from plugin.ports.runtime import Ports


@get("/order/money", **INSIDE)
async def money_page(
    request: AnyRequest, ports: NamedDependency[Ports], visit: NamedDependency[Visit]
) -> Response[str]:
    money = await money_now(ports, visit.guest, visit.wished)
    return page(request, "money", frame_of(visit, "/order/money"), money=money)


money_routes = [money_page]
