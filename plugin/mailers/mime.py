"""An envelope as a MIME message: text first, HTML as the alternative, every header on one line."""

from __future__ import annotations

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from plugin.ports.mail import Envelope, MailRefused

# Seven-bit bodies pass every relay unchanged, also those that do not announce 8BITMIME.
_POLICY = SMTP.clone(cte_type="7bit")


def build(envelope: Envelope, at: datetime) -> EmailMessage:
    """The message as it goes out at ``at``; raises ``MailRefused`` for an address or a header that no mail can have."""
    message = EmailMessage(policy=_POLICY)
    try:
        message["From"] = Address(envelope.sender_name, addr_spec=envelope.sender)
        message["To"] = Address(addr_spec=envelope.recipient)
        if envelope.reply_to:
            message["Reply-To"] = Address(addr_spec=envelope.reply_to)
        message["Subject"] = envelope.subject
        message["Date"] = at
        message["Message-ID"] = envelope.message_id
        for name, value in envelope.headers.items():
            message[name] = value
        message.set_content(envelope.text)
        message.add_alternative(envelope.html, subtype="html")
        message["Content-Language"] = envelope.language  # setting the content would have moved it into the first part
        message.as_bytes()
    except (ValueError, IndexError, TypeError) as error:
        raise MailRefused(f"This mail cannot be written: {error}") from error
    return message
