"""A shop's own sentences: accepted with care, filled as plain text."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from plugin.messages.contexts import Cancelled
from plugin.messages.parts import Snippets
from plugin.messages.render import render
from plugin.messages.samples import samples
from plugin.messages.snippets import LIMITS, BadSnippet, check_snippet, fill


def with_snippets(snippets: Snippets, first_name: str | None = "Ana") -> Cancelled:
    cancelled = samples("en")["cancelled"]
    assert isinstance(cancelled, Cancelled)
    return replace(cancelled, first_name=first_name, shop=replace(cancelled.shop, snippets=snippets))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("greeting", "Dear {first_name},"),
        ("greeting", "Ahoj!"),
        ("personal_line", "Two lines\nabout {order_number} 🌿 100 %"),
        ("sign_off", "Yours,\n{shop_name}"),
        ("personal_line", "x" * LIMITS["personal_line"]),
    ],
)
def test_a_good_snippet_is_accepted(name: str, text: str) -> None:
    check_snippet(name, text)


@pytest.mark.parametrize(
    ("name", "text", "help_with"),
    [
        ("subject", "Hello", "greeting, personal_line, sign_off"),
        ("greeting", "  ", "empty"),
        ("greeting", "x" * 81, "at most 80"),
        ("greeting", "Hello\n{first_name}", "U+000A"),
        ("personal_line", "Hello\r\nBcc: all@example.com", "U+000D"),
        ("personal_line", "a\x00b", "U+0000"),
        ("personal_line", "{name}", "{first_name}, {shop_name}, {order_number}"),
        ("personal_line", "{first_name.__class__}", "{first_name.__class__} is not known"),
        ("personal_line", "{}", "not known"),
        ("personal_line", "{ first_name }", "exact spelling"),
        ("personal_line", "{{ 7*7 }}", "not known"),
        ("personal_line", "open { only", "stands alone"),
        ("personal_line", "{{first_name}}", "stands alone"),
    ],
)
def test_a_bad_snippet_is_refused_with_words_that_help(name: str, text: str, help_with: str) -> None:
    with pytest.raises(BadSnippet) as refusal:
        check_snippet(name, text)
    assert help_with in refusal.value.detail
    assert refusal.value.param == name


def test_values_are_filled_once_and_never_read_as_placeholders() -> None:
    assert fill("{first_name} at {shop_name}", {"first_name": "{shop_name}", "shop_name": "A"}) == "{shop_name} at A"


def test_a_snippet_that_wants_a_name_steps_back_where_there_is_none() -> None:
    own = Snippets(greeting="Dear {first_name},", sign_off="Bye")
    assert render(with_snippets(own)).text.startswith("Dear Ana,\n")
    assert render(with_snippets(own, first_name=None)).text.startswith("Hello,\n")
    assert "\nBye\n" in render(with_snippets(own, first_name=None)).text


def test_a_snippet_is_escaped_and_keeps_its_lines() -> None:
    rendered = render(with_snippets(Snippets(personal_line="<b>{shop_name}</b>\nfor you", sign_off="One\nTwo")))
    assert "&lt;b&gt;Fern &amp; Thistle&lt;/b&gt;<br>for you" in rendered.html
    assert "One<br>Two" in rendered.html
    assert "One\nTwo\n" in rendered.text
