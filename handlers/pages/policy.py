"""The shop's policy as a page that everybody may read, keep and find: no session, no cookie needed, nothing foreign."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

from litestar import Response, get
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.enums import MediaType

from handlers.dependencies import PublicId
from handlers.pages.render import chosen_language, html_of, outer_frame
from handlers.pages.visit import AnyRequest, look_at, words_for
from handlers.security import lasting_security_policy
from plugin.messages.linked_data import script_json
from plugin.policies.page import PolicyPage
from plugin.policies.reading import live_page
from plugin.ports.runtime import Ports
from plugin.shops.service import get_shop

KEPT_FOR = 60  # seconds: a published policy is read everywhere a minute later


@get("/shops/{shop_id:str}/policy", opt={"page": True}, include_in_schema=False)
async def policy_of_shop(
    request: AnyRequest, ports: NamedDependency[Ports], shop_id: PublicId
) -> Response[str] | Response[None]:
    shop = await get_shop(shop_id)
    look_at(request, shop)
    words = words_for(request, shop)
    policy = await live_page(shop.id, words, ports.clock.now())
    frame = replace(outer_frame(shop, words, request.url.path), policy_url=None)
    html = html_of(
        "policy", frame, nonce=None, policy=policy, faq=script_json(_faq(policy)),
        address=f"{ports.public_url}{request.url.path}", orders_url=f"/shops/{shop.id}/orders",
    )  # fmt: skip
    return _kept(request, html, words.language, lasting_security_policy(frame.look.sheet))


def _kept(request: AnyRequest, html: str, language: str, security_policy: str) -> Response[str] | Response[None]:
    """The page, or that the reader's copy is still the same. Who has just chosen a language gets a cookie with it,
    which no shared cache may hand to others."""
    cookies: list[Cookie] = chosen_language(request)
    etag = f'"{sha256(html.encode()).hexdigest()[:32]}"'
    headers = {
        "Cache-Control": f"{'private' if cookies else 'public'}, max-age={KEPT_FOR}",
        "Content-Language": language,
        "Content-Security-Policy": security_policy,
        "ETag": etag,
        "Vary": "Accept-Language, Cookie",
    }
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if known & {etag, "*"}:
        return Response(None, status_code=304, headers=headers, cookies=cookies)
    return Response(html, media_type=MediaType.HTML, headers=headers, cookies=cookies)


def _faq(policy: PolicyPage) -> dict[str, Any]:
    """https://schema.org/FAQPage: the same questions and the same sentences as on the page."""
    return {
        "@context": "https://schema.org",
        "@type": "FAQPage",
        "inLanguage": policy.language,
        "mainEntity": [
            {
                "@type": "Question",
                "name": section.question,
                "acceptedAnswer": {"@type": "Answer", "text": " ".join(rule.sentence for rule in section.rules)},
            }
            for section in policy.sections
        ],
    }


policy_routes = [policy_of_shop]
