"""One valid mail, and a clock that stands still."""

from __future__ import annotations

from datetime import UTC, datetime

from plugin.messages.render import render, to_envelope
from plugin.messages.samples import samples
from plugin.ports.mail import Envelope

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


class FixedClock:
    def now(self) -> datetime:
        return NOW


def mail(name: str = "mail_01", language: str = "en") -> Envelope:
    """The envelope of a cancellation with the Message-ID ``<name@comeback.example>``."""
    context = samples(language)["cancelled"]
    return to_envelope(
        context,
        render(context),
        mail_id=name,
        domain="comeback.example",
        sender="mail@comeback.example",
        recipient="ana@example.com",
    )
