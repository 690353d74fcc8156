"""From what a page shows to its HTML: one environment, one frame around every page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response
from litestar.datastructures import Cookie
from litestar.enums import MediaType

from handlers.pages.assets import asset_url
from handlers.pages.looks import Look, look_of, shown_image
from handlers.pages.visit import AnyRequest, Visit, language_cookie
from handlers.security import csp_nonce
from plugin.core.words import LANGUAGES, Words
from plugin.settings import Settings
from plugin.shops.models import Shop
from plugin.shops.service import settings_of
from plugin.withdrawals.labels import labels_in
from plugin.withdrawals.standing import is_function_on

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "pages"
LANGUAGE_NAMES = {"en": "English", "es": "Español", "ru": "Русский"}


@dataclass(frozen=True)
class WithdrawLink:
    """Where everybody may withdraw from a contract with the shop, under the label of its law."""

    url: str
    label: str
    language: str


@dataclass(frozen=True)
class Frame:
    """What stands around every page. ``here`` is the address that the language links open.

    ``person_url`` is where a person is reached, ``policy_url`` where the shop's policy stands; ``mark`` is there inside
    a session only.
    """

    words: Words
    look: Look
    here: str
    person_url: str | None = None
    person_sentence: str | None = None
    mark: str | None = None
    policy_url: str | None = None
    withdraw: WithdrawLink | None = None


def frame_of(visit: Visit, here: str = "/order") -> Frame:
    """The frame inside a session."""
    return Frame(
        words=visit.words,
        look=look_of(visit.shop),
        here=here,
        person_url="/order/person",
        person_sentence=visit.words.say(
            "You will have an answer by {moment}.", moment=visit.words.moment(visit.speak.person().answers_by)
        ),
        mark=visit.form_mark,
        policy_url=policy_url(visit.shop),
        withdraw=withdraw_link(visit.shop, visit.words),
    )


def outer_frame(shop: Shop | None, words: Words, here: str, person_url: str | None = None) -> Frame:
    """The frame before there is a session. Its pages' addresses may hold a token, so nothing foreign is loaded."""
    reply_to = settings_of(shop).person.reply_to if shop else None
    return Frame(
        words=words,
        look=replace(look_of(shop), logo_url=None),
        here=here,
        person_url=person_url or (f"mailto:{reply_to}" if reply_to else None),
        policy_url=policy_url(shop) if shop else None,
        withdraw=withdraw_link(shop, words) if shop else None,
    )


def withdraw_link(shop: Shop, words: Words) -> WithdrawLink | None:
    """None where the shop takes no declarations here."""
    settings = settings_of(shop)
    labels = labels_in(settings.country, words.language, settings.withdrawal_labels)
    link = WithdrawLink(f"/shops/{shop.id}/withdraw", labels.withdraw, labels.language)
    return link if is_function_on(settings) else None


def policy_url(shop: Shop) -> str:
    """Where everybody may read what the shop's policy says."""
    return f"/shops/{shop.id}/policy"


def page(
    request: AnyRequest,
    template: str,
    frame: Frame,
    *,
    status: int = 200,
    cookies: list[Cookie] | None = None,
    **shown: object,
) -> Response[str]:
    """Render ``templates/pages/<template>.html`` in its frame; a language chosen with ``?lang=`` is remembered."""
    return Response(
        html_of(template, frame, nonce=csp_nonce(request), **shown),
        status_code=status,
        media_type=MediaType.HTML,
        cookies=[*(cookies or ()), *chosen_language(request)],
        headers={"Content-Language": frame.words.language},
    )


def chosen_language(request: AnyRequest) -> list[Cookie]:
    """The cookie that remembers the language just chosen on a page, if one was."""
    settings: Settings = request.app.state.settings
    chosen = request.query_params.get("lang")
    return [language_cookie(chosen, secure=settings.public_url.startswith("https://"))] if chosen in LANGUAGES else []


def html_of(template: str, frame: Frame, *, nonce: str | None, **shown: object) -> str:
    """The page's HTML; ``nonce`` is what its answer's security policy lets its style carry, if anything."""
    words = frame.words
    return _environment().get_template(f"{template}.html").render(
        frame=frame,
        look=frame.look,
        language=words.language,
        languages=[(code, LANGUAGE_NAMES[code]) for code in LANGUAGES],
        say=words.say,
        count=words.count,
        date=words.date,
        moment=words.moment,
        nonce=nonce,
        **shown,
    )  # fmt: skip


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = asset_url
    environment.filters["shown_image"] = shown_image
    return environment
