"""What a shop may set, the texts of its mails, and its offer of a code. Who changes them names what they have seen."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import get, post, put
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, JSONBody
from msgspec import Meta, Struct
from msgspec.structs import replace

from handlers.admin.entrance import SECURITY, STAFF, fresh, may
from handlers.admin.frame import FRESH, KNOWN
from handlers.problems import problem_responses
from plugin.access.roles import Permission
from plugin.access.staff import Member
from plugin.core.errors import DomainError
from plugin.journeys.letter_frame import brand_of
from plugin.journeys.shop_settings import change_settings, check_known, settings_hash, take_settings
from plugin.messages.render import render
from plugin.messages.samples import samples
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import settings_of
from plugin.shops.settings import ShopSettings

TAGS = ["Settings"]
_READS = [may(Permission.READ_POLICIES)]
_FASTER = {409: "The settings are other ones by now; `hash` says which.", 428: "No If-Match."}
_BAD = {422: "They are not valid; `param` and `detail` say what."}

Snippets = dict[str, dict[str, Annotated[str, Meta(max_length=400)]]]
IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match", required=False, max_length=80, description="The `hash` of the settings that you have seen."
    ),
]


class NoIfMatch(DomainError):
    status = 428
    code = "if_match_missing"
    sentence = "Send the hash of the settings that you have seen as If-Match, so that nobody's change is lost."


class SettingsView(Struct, frozen=True, kw_only=True):
    """All that the shop may set; no secret is among it. Send ``hash`` as If-Match to change it."""

    hash: str
    settings: dict[str, Any]

    @classmethod
    def of(cls, settings: ShopSettings) -> SettingsView:
        return cls(hash=settings_hash(settings), settings=msgspec.to_builtins(settings))


class SnippetsAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Texts by name and language, such as ``{"greeting": {"en": "Hi {first_name},"}}``. What is left out is ours."""

    snippets: Snippets


class PreviewAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mail about an order that we have made up, with these texts; without ``snippets`` with those of the shop."""

    language: Literal["en", "es", "ru"] = "en"
    mail: Literal["cancelled", "under_review", "refused", "refunded"] = "cancelled"
    snippets: Snippets | None = None


class MailView(Struct, frozen=True, kw_only=True):
    subject: str
    text: str
    html: str
    language: str


def _seen(if_match: str | None) -> str:
    if not if_match:
        raise NoIfMatch(param="If-Match")
    return if_match.strip().strip('"')


def _with_snippets(settings: ShopSettings, snippets: Snippets) -> ShopSettings:
    return replace(settings, brand=replace(settings.brand, snippets=snippets))


@get(
    "/v1/admin/settings",
    dependencies=STAFF,
    guards=_READS,
    security=SECURITY,
    tags=TAGS,
    summary="What the shop has set",
    responses=problem_responses(KNOWN),
)
async def show_settings(shop: NamedDependency[Shop]) -> SettingsView:
    return SettingsView.of(settings_of(shop))


@put(
    "/v1/admin/settings",
    dependencies=STAFF,
    guards=[may(Permission.MANAGE_SHOP), fresh],
    security=SECURITY,
    tags=TAGS,
    summary="Replace the settings",
    description="What is left out is as in a new shop. Caps and breakers are `limits`, the offer of a code is `codes`.",
    responses=problem_responses(FRESH | _FASTER | _BAD),
)
async def put_settings(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop],
    data: JSONBody[dict[str, Any]], if_match: IfMatch = None,
) -> SettingsView:  # fmt: skip
    taken = take_settings(data)
    check_known(data, taken)
    return SettingsView.of(await change_settings(ports, shop, lambda _: taken, seen=_seen(if_match), by=member.actor))


@put(
    "/v1/admin/codes/offer",
    dependencies=STAFF,
    guards=[may(Permission.MANAGE_CODES), fresh],
    security=SECURITY,
    tags=TAGS,
    summary="Replace the offer of a code, with its budgets",
    description="The part `codes` of the settings; what is left out is as in a new shop.",
    responses=problem_responses(FRESH | _FASTER | _BAD),
)
async def put_offer(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop],
    data: JSONBody[dict[str, Any]], if_match: IfMatch = None,
) -> SettingsView:  # fmt: skip
    offer = take_settings({"codes": data}).codes
    check_known(data, offer)
    changed = await change_settings(
        ports, shop, lambda now: replace(now, codes=offer), seen=_seen(if_match), by=member.actor
    )
    return SettingsView.of(changed)


@put(
    "/v1/admin/messages/snippets",
    dependencies=STAFF,
    guards=[may(Permission.WRITE_POLICIES)],
    security=SECURITY,
    tags=TAGS,
    summary="Replace the shop's own texts of its mails",
    description="Plain text with named placeholders; a text that no mail can carry is refused with words that help.",
    responses=problem_responses(KNOWN | _FASTER | _BAD),
)
async def put_snippets(
    ports: NamedDependency[Ports], member: NamedDependency[Member], shop: NamedDependency[Shop],
    data: JSONBody[SnippetsAsk], if_match: IfMatch = None,
) -> SettingsView:  # fmt: skip
    changed = await change_settings(
        ports, shop, lambda now: _with_snippets(now, data.snippets), seen=_seen(if_match), by=member.actor
    )
    return SettingsView.of(changed)


@post(
    "/v1/admin/messages/preview",
    status_code=200,
    dependencies=STAFF,
    guards=_READS,
    security=SECURITY,
    tags=TAGS,
    summary="How a mail looks with these texts",
    description="Sends and keeps nothing.",
    responses=problem_responses(KNOWN | _BAD),
)
async def preview_mail(
    ports: NamedDependency[Ports], shop: NamedDependency[Shop], data: JSONBody[PreviewAsk]
) -> MailView:
    settings = settings_of(shop)
    if data.snippets is not None:
        settings = take_settings(msgspec.to_builtins(_with_snippets(settings, data.snippets)))
    sample = samples(data.language)[data.mail]
    mail = render(replace(sample, shop=brand_of(shop, settings, data.language, ports.public_url)))
    return MailView(subject=mail.subject, text=mail.text, html=mail.html, language=mail.language)


settings_routes = [show_settings, put_settings, put_offer, put_snippets, preview_mail]
