"""The HTML of every mail: accessible, closed to the outside, and deaf to what names and titles try to say."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from plugin.core.words import LANGUAGES
from plugin.messages.contexts import Cancelled, MailContext, Refused, StaffAlert, StaffInvitation
from plugin.messages.parts import Brand, MailLine, PaymentOutcome
from plugin.messages.render import render
from plugin.messages.samples import samples
from plugin.messages.theme import DARK, DARK_PAPER, LIGHT, Palette, contrast, ink_on, theme_of

SAMPLES = [(language, name) for language in LANGUAGES for name in samples(language)]
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=y> {{7*7}} {first_name.__class__} %s"


class Page(HTMLParser):
    """Collects what the checks ask about."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag in ("script", "style", "title"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open:
            if self._open[-1] == "script":
                self.scripts.append(data)
        else:
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        return "".join(self.words)


def page(context: MailContext) -> Page:
    return Page(render(context).html)


def cancelled() -> Cancelled:
    context = samples("en")["cancelled"]
    assert isinstance(context, Cancelled)
    return context


@pytest.mark.parametrize(("language", "name"), SAMPLES)
def test_a_mail_is_accessible(language: str, name: str) -> None:
    found = page(samples(language)[name])
    assert found.all("html")[0]["lang"] == language
    assert found.all("html")[0]["dir"] == "ltr"
    assert all("alt" in image for image in found.all("img"))
    assert all(table.get("role") == "presentation" for table in found.all("table"))
    assert len(found.all("h1")) == 1
    assert len(found.all("title")) == 1
    assert any(meta.get("name") == "color-scheme" and meta["content"] == "light dark" for meta in found.all("meta"))


@pytest.mark.parametrize(("language", "name"), SAMPLES)
def test_a_mail_has_one_button_and_the_person_below_it(language: str, name: str) -> None:
    context = samples(language)[name]
    links = page(context).all("a")
    assert [link.get("class") for link in links] == (
        ["button"] if isinstance(context, StaffAlert | StaffInvitation) else ["button", "person-link"]
    )


@pytest.mark.parametrize(("language", "name"), SAMPLES)
def test_a_mail_loads_nothing_but_the_shops_own_images(language: str, name: str) -> None:
    context = samples(language)[name]
    source = render(context).html
    found = Page(source)
    own = {urlsplit(url).hostname for url in (context.shop.url, context.shop.logo_url) if url}
    assert {urlsplit(image["src"]).hostname for image in found.all("img")} <= own
    assert not re.search(r"url\(|@import|@font-face", source)
    for tag in ("link", "iframe", "object", "form", "video", "svg", "base"):
        assert not found.all(tag)
    assert len(found.all("script")) == 1
    assert not any(attribute.startswith("on") for _, attributes in found.tags for attribute in attributes)


@pytest.mark.parametrize(("language", "name"), SAMPLES)
def test_styles_are_inlined_and_the_dark_scheme_outlives_it(language: str, name: str) -> None:
    source = render(samples(language)[name]).html
    assert "prefers-color-scheme: dark" in source
    assert "max-width: 480px" in source
    assert "background-color" in Page(source).all("a")[0]["style"]


@pytest.mark.parametrize(("language", "name"), SAMPLES)
def test_no_letter_is_smaller_than_sixteen_pixels(language: str, name: str) -> None:
    sizes = re.findall(r"font-size:\s*(\d+)px", render(samples(language)[name]).html)
    assert min(int(size) for size in sizes if size != "1") >= 16  # the preheader is hidden, and 1px where it is not


@pytest.mark.parametrize(("language", "name"), SAMPLES)
def test_linked_data_parses_and_names_what_the_mail_is_about(language: str, name: str) -> None:
    context = samples(language)[name]
    document = json.loads("".join(page(context).scripts))
    assert document["@context"] == "https://schema.org"
    if isinstance(context, StaffAlert | StaffInvitation):
        assert document["potentialAction"]["target"] == context.url
    else:
        assert document["@type"] == "Order"
        assert document["orderNumber"] == "#1042"


def test_a_cancelled_order_is_marked_cancelled_and_a_partial_one_is_not() -> None:
    whole = json.loads("".join(page(cancelled()).scripts))
    part = json.loads("".join(page(replace(cancelled(), whole_order=False)).scripts))
    assert whole["orderStatus"] == "https://schema.org/OrderCancelled"
    assert whole["price"] == "64.50"
    assert part["orderStatus"] == "https://schema.org/OrderProcessing"


def test_hostile_words_are_shown_and_never_obeyed() -> None:
    shop = replace(cancelled().shop, name=HOSTILE, address=HOSTILE)
    payment = PaymentOutcome(
        state=cancelled().payments[0].state, amount=1, method=HOSTILE, by=cancelled().payments[0].by
    )
    context = replace(
        cancelled(),
        shop=shop,
        first_name=HOSTILE,
        order_number=HOSTILE,
        lines=(MailLine(title=HOSTILE, quantity=1),),
        payments=(payment,),
    )
    found = page(context)
    assert len(found.all("script")) == 1
    assert not found.all("img")
    assert "<script>alert(1)</script>" in found.text
    assert "{{7*7}}" in found.text
    assert "{first_name.__class__}" in found.text
    assert "49" not in found.text.replace("1042", "")
    assert json.loads("".join(found.scripts))["orderedItem"][0]["orderedItem"]["name"] == HOSTILE
    assert "<script>" in render(context).text


def test_a_sentence_from_outside_is_text() -> None:
    refused = samples("en")["refused"]
    assert isinstance(refused, Refused)
    found = page(replace(refused, reasons=(HOSTILE,)))
    assert HOSTILE in found.text
    assert len(found.all("script")) == 1


def test_an_image_of_another_host_gives_way_to_the_count() -> None:
    tracked = MailLine(title="Mug", quantity=2, image_url="https://pixel.example/mug.png")
    own = MailLine(title="Mug", quantity=2, image_url="https://fern-thistle.example/mug.png")
    plain = MailLine(title="Mug", quantity=2, image_url="http://fern-thistle.example/mug.png")
    assert "pixel.example" not in render(replace(cancelled(), lines=(tracked, plain))).html
    assert [image["src"] for image in page(replace(cancelled(), lines=(own,))).all("img")] == [own.image_url]


def test_the_shop_without_a_logo_signs_with_its_name() -> None:
    assert not page(cancelled()).all("img")
    with_logo = replace(cancelled().shop, logo_url="https://cdn.fern.example/logo.png")
    assert page(replace(cancelled(), shop=with_logo)).all("img")[0]["alt"] == "Fern & Thistle"


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_our_own_colours_read_well(palette: Palette) -> None:
    for ground in (palette.card, palette.panel, palette.gift):
        assert contrast(palette.ink, ground) >= 4.5
        assert contrast(palette.quiet, ground) >= 4.5
    assert contrast(DARK.quiet, DARK_PAPER) >= 4.5


@given(st.integers(min_value=0, max_value=0xFFFFFF), st.integers(min_value=0, max_value=0xFFFFFF))
def test_any_colours_of_a_shop_read_well(accent: int, paper: int) -> None:
    shop = Brand(name="A", url="https://a.example", accent=f"#{accent:06x}", paper=f"#{paper:06x}")
    theme = theme_of(shop)
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    assert contrast(theme.on_paper, theme.paper) >= 4.5


def test_black_and_white_answer_each_other() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert ink_on("#ffffff") == "#000000"
    assert ink_on("#000000") == "#ffffff"
