"""What a browser gets when something fails on a page: a friendly page that says what to do now."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from litestar import Response

from handlers.language import spoken_language
from handlers.pages.render import outer_frame, page
from handlers.pages.visit import AnyRequest
from handlers.problems import Problem
from plugin.core.words import Words
from plugin.shops.models import Shop

NEEDS_A_NEW_WAY_IN = ("session_expired", "link_expired", "not_authenticated")


def error_page(request: AnyRequest, problem: Problem) -> Response[str]:
    """The problem in the looks of the shop, if it is known, and in the one language of this request."""
    shop: Shop | None = request.scope["state"].get("page_shop")
    words = Words(spoken_language(request), ZoneInfo("UTC"))
    frame = outer_frame(shop, words, f"/shops/{shop.id}/orders" if shop else "")
    return page(
        request,
        "failure",
        frame,
        status=problem.status,
        problem=problem,
        needs_way_in=problem.code in NEEDS_A_NEW_WAY_IN,
        shop_id=shop.id if shop else None,
    )
