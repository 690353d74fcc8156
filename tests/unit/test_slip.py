"""The slip as PDF writes what its font can write, and says nothing wrong of the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from handlers.shopper.letters_of_font import writable
from handlers.shopper.slip import Slip, render_pdf
from plugin.core.words import Words

ARABIC = "نور الهدى"
SLIP = Slip(
    number="R-AVX0NEZ", shop="Lumen", address="12 River Street", order="1001", name="Grace Hall",
    send_by=datetime(2026, 12, 24, tzinfo=UTC), lines=((1, "Coat"),), skus=(None,), words=Words("en", UTC),
)  # fmt: skip
FONT = frozenset(map(ord, f"Grace Hall Weiß {ARABIC} 1-2…\u200d"))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Grace Hall", "Grace Hall"),
        (f"{ARABIC} 🌙", ARABIC),
        ("Grace 佐藤 花子 Weiß", "Grace … Weiß"),
        ("佐藤 花子", ""),
        ("👩\u200d👩\u200d👧 🕯\ufe0f", ""),
        ("Gr\x00ace\u202e Hall\ud83d", "Grace Hall"),
        ("東京都 1-2\nWeiß", "… 1-2\nWeiß"),
    ],
)
def test_words_that_the_font_lacks_are_left_out(text: str, written: str) -> None:
    assert writable(text, FONT) == written


@pytest.mark.parametrize(
    "said",
    ["نور الهدى 🌙 佐藤 Weiß", "", "\x00\x07\u202e", "A" * 2000, "ภาษาไทย हिन्दी 김민수", "\ud800", "&<b>{{ 7 }}</b>"],
)
def test_no_name_keeps_the_slip_from_being_written(said: str) -> None:
    slip = replace(SLIP, name=said, shop=said, address=said, order=said, lines=((1, said),), skus=(said,))
    assert render_pdf(slip).startswith(b"%PDF-")
