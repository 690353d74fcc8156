"""Mail into a folder: what an installation without an SMTP server does, and what its inbox page reads."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from msgspec import Struct

from plugin.mailers.mime import build
from plugin.ports.mail import Envelope, MailDeferred
from plugin.ports.runtime import Clock, SystemClock


class InboxMail(Struct, frozen=True, kw_only=True):
    """One mail of the folder, as the inbox page shows it. ``file`` is its name in the folder."""

    file: str
    written_at: datetime
    message_id: str
    sender: str
    recipient: str
    subject: str
    language: str
    text: str
    html: str


class FileTransport:
    """Writes each mail as one ``.eml`` file, whole or not at all; the same Message-ID twice is one file."""

    def __init__(self, directory: Path, *, clock: Clock | None = None) -> None:
        self._directory = directory
        self._clock = clock or SystemClock()

    async def send(self, envelope: Envelope, *, begin_within: float | None = None) -> None:
        """Write the mail, unless it is there; see ``MailTransport.send`` for what it raises."""
        data = build(envelope, self._clock.now()).as_bytes()
        try:
            await asyncio.to_thread(self._write, file_name(envelope.message_id), data)
        except OSError as error:
            raise MailDeferred(f"{self._directory}: {error.strerror}") from error

    async def ping(self) -> str:
        """Where mail goes; raises ``MailDeferred`` if nothing can be written there."""
        try:
            await asyncio.to_thread(self._try_folder)
        except OSError as error:
            raise MailDeferred(f"{self._directory}: {error.strerror}") from error
        return f"files in {self._directory}"

    async def close(self) -> None:
        """Nothing is kept open."""

    def _try_folder(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self._directory):
            pass

    def _write(self, name: str, data: bytes) -> None:
        path = self._directory / name
        if path.exists():
            return
        self._directory.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=self._directory, prefix=".draft-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(path)
        except OSError:
            Path(draft).unlink(missing_ok=True)
            raise


def file_name(message_id: str) -> str:
    """The file of a mail: its Message-ID, made fit for any file system."""
    return f"{hashlib.sha256(message_id.encode()).hexdigest()[:32]}.eml"


def read_inbox(directory: Path, limit: int = 200) -> list[InboxMail]:
    """The newest ``limit`` mails of a folder, newest first; a folder that is not there is an empty inbox."""
    newest = sorted(directory.glob("*.eml"), key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)
    return [_read(path) for path in newest[:limit]]


def _read(path: Path) -> InboxMail:
    message = message_from_bytes(path.read_bytes(), policy=default)
    return InboxMail(
        file=path.name,
        written_at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        message_id=str(message["Message-ID"]),
        sender=str(message["From"]),
        recipient=str(message["To"]),
        subject=str(message["Subject"]),
        language=str(message["Content-Language"]),
        text=_body(message, "plain"),
        html=_body(message, "html"),
    )


def _body(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    return "" if part is None else str(part.get_content()).replace("\r\n", "\n")
