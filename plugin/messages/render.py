"""From a frozen context to a finished mail: subject, text and HTML, all in one language."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from plugin.core.words import Words
from plugin.messages.contexts import MailContext
from plugin.messages.linked_data import linked_data
from plugin.messages.parts import Brand
from plugin.messages.phrases import Phrases
from plugin.messages.theme import theme_of
from plugin.messages.tidy import isolated, tidy
from plugin.ports.mail import Envelope

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "emails"
SUBJECT_LIMIT = 120
TEXT_WIDTH = 72

# Media queries must outlive inlining, or there is no dark mode; nothing is ever fetched while rendering.
_INLINER = CSSInliner(keep_style_tags=True, keep_at_rules=True, load_remote_stylesheets=False)


@dataclass(frozen=True)
class Rendered:
    """One mail in one language; ``subject`` is a single line."""

    subject: str
    text: str
    html: str
    language: str


def template_name(context: MailContext) -> str:
    """The folder of ``templates/emails`` that says this context."""
    return str(type(context).__struct_config__.tag)


def render(context: MailContext) -> Rendered:
    """Say ``context`` in its own locale and zone. Pure: the same context is the same mail."""
    words = Words(locale=context.locale, zone=_zone(context.zone))
    folder = template_name(context)
    values: dict[str, Any] = {
        "mail": context,
        "shop": context.shop,
        "speak": Phrases(words, context),
        "theme": theme_of(context.shop),
        "language": words.language,
        "say": words.say,
        "count": words.count,
        "money": words.money,
        "date": words.date,
        "moment": words.moment,
        "time": words.time,
        "own_image": _own_image(context.shop),
    }
    environment = _environment()

    def fill(file: str, **more: object) -> str:
        return environment.get_template(f"{folder}/{file}").render(values, **more)

    subject = tidy(fill("subject.txt"), SUBJECT_LIMIT)
    html = fill("body.html", subject=subject, linked_data=linked_data(context, subject))
    return Rendered(
        subject=subject,
        text=_wrapped(fill("body.txt", subject=subject)),
        html=_INLINER.inline(html),
        language=words.language,
    )


def to_envelope(
    context: MailContext, rendered: Rendered, *, mail_id: str, domain: str, sender: str, recipient: str
) -> Envelope:
    """Address a rendered mail. ``mail_id`` is the outbox row's id: every try of one mail has one Message-ID."""
    return Envelope(
        message_id=message_id(mail_id, domain),
        sender=sender,
        sender_name=context.shop.name,
        recipient=recipient,
        reply_to=context.answers_go_to,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        language=rendered.language,
        headers={"Auto-Submitted": "auto-generated"},
    )


def message_id(mail_id: str, domain: str) -> str:
    """A Message-ID that depends on the mail and on nothing else."""
    return f"<{mail_id}@{domain}>"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html"], default=False),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["isolated"] = isolated
    return environment


def _zone(name: str) -> tzinfo:
    """The zone, or UTC where a store sent a name that nobody knows: a moment always says its zone."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return UTC


def _own_image(shop: Brand) -> Callable[[str | None], bool]:
    """Whether an image comes from the shop's own hosts: a mail loads nothing from anybody else."""
    own = {urlsplit(url).hostname for url in (shop.url, shop.logo_url) if url}

    def is_own(url: str | None) -> bool:
        parts = urlsplit(url or "")
        return parts.scheme == "https" and parts.hostname in own

    return is_own


def _wrapped(text: str) -> str:
    """Lines of at most ``TEXT_WIDTH`` characters; addresses stay whole, and no more than one empty line in a row."""
    lines: list[str] = []
    for line in text.strip().splitlines():
        said = line.lstrip(" -")  # what follows a list's dash hangs below its first letter
        indent = " " * (len(line) - len(said))
        folded = textwrap.wrap(
            line.rstrip(), TEXT_WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )  # fmt: skip
        if folded or (lines and lines[-1]):
            lines.extend(folded or [""])
    return "\n".join(lines) + "\n"
