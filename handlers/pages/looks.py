"""How a page looks: the shop's name, logo and accent, with colours that can be read on ours."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from plugin.messages.theme import DARK, DARK_PAPER, LIGHT, contrast, ink_on
from plugin.messages.tidy import tidy
from plugin.shops.models import Shop
from plugin.shops.service import settings_of

READABLE = 4.5  # WCAG 2.2, 1.4.3
OUR_ACCENT = "#0f766e"
PAPER = "#f6f0e7"  # what lies behind the card, as in pages.css


@dataclass(frozen=True)
class Look:
    """``accent`` paints buttons, with ``on_accent`` on it; ``ink_light`` and ``ink_dark`` are the accent as text."""

    name: str
    home_url: str | None
    logo_url: str | None
    accent: str
    on_accent: str
    ink_light: str
    ink_dark: str

    @property
    def sheet(self) -> str:
        """The page's own style: the shop's colours, for the sheet that all pages share."""
        light = f"--accent: {self.accent}; --on-accent: {self.on_accent}; --accent-ink: {self.ink_light};"
        dark = f"@media (prefers-color-scheme: dark) {{ :root {{ --accent-ink: {self.ink_dark}; }} }}"
        return f":root {{ {light} }} {dark}"


def look_of(shop: Shop | None) -> Look:
    """The shop's looks; our own plain ones where the shop is not known."""
    brand = settings_of(shop).brand if shop else None
    accent = brand.accent if brand else OUR_ACCENT
    return Look(
        name=tidy(shop.name, 60) if shop else "Comeback",
        home_url=_address(brand.home_url if brand else None, "https", "http"),
        logo_url=_address(brand.logo_url if brand else None, "https"),
        accent=accent,
        on_accent=ink_on(accent),
        ink_light=readable(accent, (LIGHT.card, PAPER), toward="#000000"),
        ink_dark=readable(accent, (DARK.card, DARK_PAPER), toward="#ffffff"),
    )


def readable(colour: str, papers: tuple[str, ...], *, toward: str) -> str:
    """``colour``, moved ``toward`` black or white by tenths until it reads on all ``papers``."""
    mixes = (_mix(colour, toward, tenths) for tenths in range(11))
    return next(mixed for mixed in mixes if all(contrast(mixed, paper) >= READABLE for paper in papers))


def shown_image(url: str | None) -> str | None:
    """An image that a page may load: over https only."""
    return _address(url, "https")


def _mix(one: str, other: str, tenths: int) -> str:
    channels = [
        (int(one[at : at + 2], 16) * (10 - tenths) + int(other[at : at + 2], 16) * tenths) // 10 for at in (1, 3, 5)
    ]
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def _address(url: str | None, *schemes: str) -> str | None:
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in schemes and parts.hostname else None
