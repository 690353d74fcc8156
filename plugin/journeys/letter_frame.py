"""What the letters about a case have in common: the shop's looks, the greeting, the links, the lines."""

from __future__ import annotations

from msgspec.structs import replace

from plugin.cases.service import decision_of
from plugin.journeys.scene import Scene
from plugin.messages.parts import Brand, MailLine, Snippets
from plugin.messages.snippets import BadSnippet, check_snippet
from plugin.shops.hours import person_answers_by
from plugin.shops.models import Shop
from plugin.shops.settings import ShopSettings


def brand_of(shop: Shop, settings: ShopSettings, language: str, public_url: str) -> Brand:
    """The shop's looks for a mail in ``language``."""
    snippets = {name: _sound(name, texts.get(language)) for name, texts in settings.brand.snippets.items()}
    return Brand(
        name=shop.name,
        url=settings.brand.home_url or public_url,
        reply_to=settings.person.reply_to,
        logo_url=settings.brand.logo_url,
        accent=settings.brand.accent,
        address=settings.brand.postal_address or "",
        snippets=Snippets(
            greeting=snippets.get("greeting"),
            personal_line=snippets.get("personal_line"),
            sign_off=snippets.get("sign_off"),
        ),
    )


def _sound(name: str, text: str | None) -> str | None:
    """The shop's own text, or None where it is one that would not be taken in today: then the mail says ours."""
    try:
        check_snippet(name, text or "")
    except BadSnippet:
        return None
    return text


def first_name(name: str | None) -> str | None:
    """How a shopper is greeted: the first word of the name that the store gave."""
    return name.split()[0] if name and name.split() else None


def frame_of(scene: Scene) -> dict[str, object]:
    """What every letter to a shopper carries: the keywords of a ``ShopperLetter``.

    Beside a withdrawal by law the shop's own snippets are left out: nothing is offered there (docs/withdrawal.md).
    """
    brand = brand_of(scene.shop, scene.settings, scene.words.language, scene.public_url)
    return {
        "shop": replace(brand, snippets=Snippets()) if scene.is_withdrawn else brand,
        "locale": scene.words.locale,
        "zone": str(scene.words.zone),
        "order_number": scene.order.row.number,
        "manage_url": scene.url,
        "person_url": scene.person_url,
        "first_name": None if scene.is_gift else first_name(scene.order.now.customer.name),
        "person_answers_by": person_answers_by(scene.settings, scene.at),
    }


def lines_of(scene: Scene) -> tuple[MailLine, ...]:
    """What was asked about."""
    images = {line.id: line.image_url for line in scene.order.placement.lines}
    return tuple(
        MailLine(title=line.title, quantity=len(line.units) or line.asked, image_url=images.get(line.line_id))
        for line in decision_of(scene.case).lines
        if line.title
    )
