"""What we need of a mail transport: take one finished mail, or say how it failed."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct


class MailDeferred(Exception):
    """4xx or no connection: nothing was taken, try later."""


class MailRefused(Exception):
    """5xx: this mail will never be taken."""


class MailUnknown(Exception):
    """The connection was lost after the data was sent: it may have been taken."""


class Envelope(Struct, frozen=True, kw_only=True):
    """A rendered mail. No field holds a line break; ``message_id`` is stable over all tries of one mail."""

    message_id: str
    sender: str
    sender_name: str
    recipient: str
    reply_to: str | None
    subject: str
    text: str
    html: str
    language: str
    headers: dict[str, str] = {}


class MailTransport(Protocol):
    async def send(self, envelope: Envelope, *, begin_within: float | None = None) -> None:
        """Deliver to the next hop. Raises ``MailDeferred``, ``MailRefused`` or ``MailUnknown``.

        Nothing is handed over later than ``begin_within`` seconds from now: a mail that had to wait for others so long
        may be somebody else's to send by then, and is deferred.
        """
        ...

    async def ping(self) -> str:
        """For ``doctor``: where mail goes; raises ``MailDeferred`` with the reason."""
        ...
