"""The colours of a mail: ours are fixed, the shop's two are checked for contrast and answered with black or white."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.messages.parts import Brand


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.2), 0 for black to 1 for white."""
    linear = []
    for start in (1, 3, 5):
        channel = int(colour[start : start + 2], 16) / 255
        linear.append(channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4)
    red, green, blue = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (WCAG 2.2): text needs 4.5 at least."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better: one of the two always reaches 4.5."""
    return max("#ffffff", "#000000", key=lambda ink: contrast(ink, colour))


@dataclass(frozen=True)
class Palette:
    """One scheme, light or dark."""

    card: str
    ink: str
    quiet: str
    panel: str
    gift: str
    gift_line: str
    rule: str


LIGHT = Palette(
    card="#fffdfa", ink="#2b2520", quiet="#665c52", panel="#f3f6ef", gift="#fdf3e1", gift_line="#d9a653", rule="#eae2d6"
)
DARK = Palette(
    card="#24211e", ink="#f4eee6", quiet="#b9afa3", panel="#2f3530", gift="#3a3122", gift_line="#8d7038", rule="#3b3631"
)
DARK_PAPER = "#171513"


@dataclass(frozen=True)
class Theme:
    """What the layout paints with."""

    accent: str
    on_accent: str
    paper: str
    on_paper: str
    light: Palette = LIGHT
    dark: Palette = DARK
    dark_paper: str = DARK_PAPER


def theme_of(shop: Brand) -> Theme:
    """The shop's accent and paper, each with ink that reads on it."""
    footer = LIGHT.quiet if contrast(LIGHT.quiet, shop.paper) >= 4.5 else ink_on(shop.paper)
    return Theme(accent=shop.accent, on_accent=ink_on(shop.accent), paper=shop.paper, on_paper=footer)
