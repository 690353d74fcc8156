"""The shop's policy for its own pages: the same sentences that the answers are spoken in."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency, Provide
from msgspec import Meta, Struct

from handlers.dependencies import AnyRequest, provide_page_shop
from handlers.language import wanted_languages
from handlers.problems import problem_responses
from handlers.reference import BY_PUBLISHABLE_KEY
from handlers.shopper.visit import Locale
from plugin.core.words import Words, choose_locale
from plugin.policies.page import PolicyPage
from plugin.policies.reading import live_page
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import settings_of, zone_of


class RuleView(Struct, frozen=True, kw_only=True):
    """One rule: when it counts (empty where it always does), and the answer."""

    condition: Annotated[str, Meta(examples=["If you ask within 14 days after delivery:"])]
    answer: Annotated[str, Meta(examples=["This item can be sent back. You get your money back."])]


class SectionView(Struct, frozen=True, kw_only=True):
    """What may be done, as a question, and its rules: the first that fits is the answer."""

    action: Annotated[str, Meta(description="cancel, return, exchange or fault.", examples=["return"])]
    question: Annotated[str, Meta(examples=["Can I send something back?"])]
    rules: tuple[RuleView, ...]


class PolicyView(Struct, frozen=True, kw_only=True):
    """The policy that decides now, in whole sentences. ``calendar`` says what a business day is, where one counts."""

    language: Annotated[str, Meta(examples=["en"])]
    rights: str
    order: str
    sections: tuple[SectionView, ...]
    calendar: str | None = None


@get(
    "/v1/policy",
    dependencies={"shop": Provide(provide_page_shop)},
    security=[{BY_PUBLISHABLE_KEY: []}],
    tags=["order page"],
    summary="Read the shop's policy in whole sentences",
    description="For the shop's own pages, such as its questions and answers. The same page is public at "
    "`/shops/{shop_id}/policy`.",
    responses=problem_responses({401: "The key is not known.", 409: "The shop has not published a policy yet."}),
)
async def read_policy(
    request: AnyRequest, ports: NamedDependency[Ports], shop: NamedDependency[Shop], locale: Locale = None
) -> PolicyView:
    settings = settings_of(shop)
    accepted = wanted_languages(request.headers.get("accept-language"))
    words = Words(choose_locale(locale, *accepted, settings.locale), zone_of(settings))
    return _view(await live_page(shop.id, words, ports.clock.now()))


def _view(page: PolicyPage) -> PolicyView:
    return PolicyView(
        language=page.language,
        rights=page.rights,
        order=page.order,
        sections=tuple(
            SectionView(
                action=str(section.action),
                question=section.question,
                rules=tuple(RuleView(condition=rule.condition, answer=rule.answer) for rule in section.rules),
            )
            for section in page.sections
        ),
        calendar=page.calendar,
    )


policy_routes = [read_policy]
