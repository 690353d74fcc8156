"""Who is on a page: the visitor behind the cookie, their language, and the proof that a form is our own.

A form is ours when the browser says that it was sent from our own site, and when it carries the mark of its order.
"""

from __future__ import annotations

from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, FormMultiDict, State
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler

from handlers.dependencies import PLAIN_SESSION_COOKIE, SESSION_COOKIE, Guest
from handlers.language import speak, wanted_languages
from handlers.logs import name_shop
from handlers.shopper.present import Presenter, presenter
from plugin.access.service import OpenedSession, OpensGiftOnly, SessionExpired, visit_of
from plugin.core.errors import DomainError
from plugin.core.ids import keyed_hash
from plugin.core.vault import Vault
from plugin.core.words import LANGUAGES, Words, choose_locale
from plugin.orders.service import StoredOrder, get_order
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import find_shop, settings_of, zone_of

AnyRequest = Request[object, object, State]

LANGUAGE_COOKIE = "comeback-lang"
SHOP_COOKIE = "comeback-shop"  # no secret: so that the page of an ended visit knows where to look the order up
_SAFE_FETCHES = ("same-origin", "none")


class ForeignForm(DomainError):
    status = 403
    code = "foreign_form"
    sentence = "This form is not from our own page, or too old. Please go back, load the page again, and try once more."


@dataclass(frozen=True)
class Visit:
    """A shopper inside a session, the order that it opens, and who speaks to them."""

    guest: Guest
    order: StoredOrder
    speak: Presenter
    form_mark: str
    wished: str | None

    @property
    def shop(self) -> Shop:
        return self.guest.shop

    @property
    def words(self) -> Words:
        return self.speak.words


def wished_language(request: AnyRequest) -> str | None:
    """The language that the shopper chose on a page, if any."""
    wished = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    return wished if wished in LANGUAGES else None


def words_for(request: AnyRequest, shop: Shop, *locales: str | None) -> Words:
    """Who speaks before there is a session: the shopper's choice, then ``locales``, the browser's wish, the shop's."""
    settings = settings_of(shop)
    accepted = wanted_languages(request.headers.get("accept-language"))
    locale = choose_locale(wished_language(request), *locales, *accepted, settings.locale)
    speak(request, locale)
    return Words(locale, zone_of(settings))


def form_mark(vault: Vault, order_id: str) -> str:
    """What every form about this order carries; only who has seen a page of the order can know it.

    It is the order's and not the session's, so that a link opened twice leaves the first tab's forms alive, while a
    form of another order, left open in an older tab, is refused.
    """
    return keyed_hash(vault.secrets[0].encode(), "comeback form", order_id)


def _cookie_name(is_secure: bool) -> str:
    return SESSION_COOKIE if is_secure else PLAIN_SESSION_COOKIE


def is_secure(ports: Ports) -> bool:
    """Whether shoppers reach us over https; only ``http://localhost`` is without."""
    return ports.public_url.startswith("https://")


def session_cookies(opened: OpenedSession, seconds: int, *, secure: bool) -> list[Cookie]:
    """The cookies of a session just opened; only the first is a secret."""
    return [
        _cookie(_cookie_name(secure), opened.token, seconds, secure),
        _cookie(SHOP_COOKIE, opened.visitor.shop_id, 86_400, secure),
    ]


def ended_cookie(*, secure: bool) -> Cookie:
    """Takes the session's cookie away."""
    return _cookie(_cookie_name(secure), "", 0, secure)


def language_cookie(language: str, *, secure: bool) -> Cookie:
    return _cookie(LANGUAGE_COOKIE, language, None, secure)


def _cookie(name: str, value: str, seconds: int | None, secure: bool) -> Cookie:
    return Cookie(key=name, value=value, path="/", max_age=seconds, secure=secure, httponly=True, samesite="lax")


def look_at(request: AnyRequest, shop: Shop) -> None:
    """Let a page of failure that may follow wear this shop's looks, and the log name the shop."""
    request.scope["state"]["page_shop"] = shop
    name_shop(request.scope, shop.id)


async def provide_visit(request: AnyRequest, ports: NamedDependency[Ports]) -> Visit:
    """The shopper behind the session's cookie; raises ``SessionExpired``, or ``OpensGiftOnly`` for a receiver."""
    return await _visit(request, ports, is_gift=False)


async def provide_receivers_visit(request: AnyRequest, ports: NamedDependency[Ports]) -> Visit:
    """The receiver of a gift behind the session's cookie; raises ``SessionExpired`` and ``OpensGiftOnly``."""
    return await _visit(request, ports, is_gift=True)


async def _visit(request: AnyRequest, ports: Ports, *, is_gift: bool) -> Visit:
    token = request.cookies.get(_cookie_name(is_secure(ports)), "")
    at = ports.clock.now()
    try:
        visitor, shop = await visit_of(token, at)
    except SessionExpired:
        await _show_the_right_door(request)
        raise
    look_at(request, shop)
    if visitor.is_gift is not is_gift:
        raise OpensGiftOnly()
    order = await get_order(shop.id, visitor.order_id)
    wished = wished_language(request)
    says = presenter(shop, order, at, wished)
    speak(request, says.words.locale)
    return Visit(Guest(visitor, shop), order, says, form_mark(ports.vault, order.id), wished)


async def _show_the_right_door(request: AnyRequest) -> None:
    """Somebody whose visit has ended finds the lookup form of the shop where they were."""
    shop_id = request.cookies.get(SHOP_COOKIE)
    if shop_id and (shop := await find_shop(shop_id)):
        look_at(request, shop)
        words_for(request, shop)


async def provide_form(request: AnyRequest, visit: NamedDependency[Visit]) -> FormMultiDict:
    """A form posted from a page of this very order; raises ``ForeignForm``."""
    form = await request.form()
    if not compare_digest(str(form.get("mark", "")).encode(), visit.form_mark.encode()):
        raise ForeignForm()
    return form


def from_our_own_page(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard: what another site's page posts is refused, whatever cookies came along; raises ``ForeignForm``.

    Our pages send no referrer, so browsers name their origin "null": then ``Sec-Fetch-Site`` tells, which no page
    can forge. An old browser that sends neither is left to the form's mark.
    """
    site = connection.headers.get("sec-fetch-site")
    origin = connection.headers.get("origin", "null")
    ours = connection.app.state.settings.public_url
    if site not in _SAFE_FETCHES if site is not None else origin not in ("null", ours):
        raise ForeignForm()
