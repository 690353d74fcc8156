"""Mail by SMTP over one kept connection."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator
from urllib.parse import unquote, urlsplit

import aiosmtplib

from plugin.mailers.mime import build
from plugin.ports.mail import Envelope, MailDeferred, MailRefused, MailUnknown
from plugin.ports.runtime import Clock, SystemClock

_SCHEMES = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_CLOSING = 421
_LOST = (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError)


class SmtpTransport:
    """Sends through ``smtp://``, ``smtp+starttls://`` or ``smtps://[user:password@]host[:port]``.

    One connection is kept and used by one mail at a time. Time-outs are in seconds and hold for each step. Raises
    ``ValueError`` at once for an address that is none of these.
    """

    def __init__(self, url: str, *, timeout: float = 10, clock: Clock | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _SCHEMES or not parts.hostname:
            raise ValueError("SMTP_URL must look like smtp://, smtp+starttls:// or smtps://user:password@host:port")
        self._host = parts.hostname
        self._port = parts.port or _SCHEMES[parts.scheme]
        self._scheme = parts.scheme
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password or "")
        self._timeout = timeout
        self._clock = clock or SystemClock()
        self._lock = asyncio.Lock()
        self._client: aiosmtplib.SMTP | None = None

    async def send(self, envelope: Envelope, *, begin_within: float | None = None) -> None:
        """Hand over one mail; see ``MailTransport.send`` for what it raises."""
        latest = math.inf if begin_within is None else time.monotonic() + begin_within
        data = build(envelope, self._clock.now()).as_bytes()
        async with self._turn():
            client = await self._greet(envelope)
            try:
                await client.rcpt(envelope.recipient)
            except aiosmtplib.SMTPResponseException as error:
                await self._start_over(client, error)
                raise _answer(error) from error
            except _LOST as error:
                self._drop()
                raise MailDeferred(_reason(error)) from error
            if time.monotonic() > latest:
                await self._abandon(client)
                raise MailDeferred("The mail server was too slow for the mails before this one.")
            try:
                await client.data(data)
            except aiosmtplib.SMTPResponseException as error:
                await self._start_over(client, error)
                raise _answer(error) from error
            except _LOST as error:
                self._drop()
                raise MailUnknown(_reason(error)) from error

    async def ping(self) -> str:
        """Connect, log in and say where mail goes; raises ``MailDeferred`` with the reason."""
        async with self._turn():
            client = await self._connected()
            try:
                await client.noop()
            except (*_LOST, aiosmtplib.SMTPResponseException) as error:
                self._drop()
                raise MailDeferred(_reason(error)) from error
        return f"{self._scheme}://{self._host}:{self._port}"

    async def close(self) -> None:
        """Say goodbye, if anybody is still there to hear it."""
        async with self._lock:
            client, self._client = self._client, None
            if client is not None and client.is_connected:
                with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                    await client.quit()

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """One at a time. Who is cancelled leaves half a conversation behind, which is of no use to the next."""
        async with self._lock:
            try:
                yield
            except asyncio.CancelledError:
                self._drop()
                raise

    async def _greet(self, envelope: Envelope) -> aiosmtplib.SMTP:
        """Open the mail transaction. A kept connection may have died in its sleep, so one that has is replaced once:
        nothing has been handed over yet."""
        was_kept = self._client is not None and self._client.is_connected
        client = await self._connected()
        try:
            await client.mail(envelope.sender)
        except _LOST as error:
            self._drop()
            if was_kept:
                return await self._greet(envelope)
            raise MailDeferred(_reason(error)) from error
        except aiosmtplib.SMTPResponseException as error:
            await self._start_over(client, error)
            if was_kept and error.code == _CLOSING:
                return await self._greet(envelope)
            raise _answer(error) from error
        return client

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is not None and self._client.is_connected:
            return self._client
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._user,
            password=self._password if self._user else None,
            use_tls=self._scheme == "smtps",
            start_tls=self._scheme == "smtp+starttls",
            timeout=self._timeout,
        )
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            # Also wrong credentials: a person mends the settings, and the mails of that hour must not be lost.
            raise MailDeferred(_reason(error)) from error
        self._client = client
        return client

    async def _start_over(self, client: aiosmtplib.SMTP, error: aiosmtplib.SMTPResponseException) -> None:
        """Make the connection ready for the next mail after a no, or give it up."""
        if error.code == _CLOSING:
            self._drop()
            return
        await self._abandon(client)

    async def _abandon(self, client: aiosmtplib.SMTP) -> None:
        """Take the mail transaction back, of which no data was sent."""
        try:
            await client.rset()
        except (aiosmtplib.SMTPException, OSError):
            self._drop()

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


def _answer(error: aiosmtplib.SMTPResponseException) -> MailDeferred | MailRefused:
    if 500 <= error.code < 600:
        return MailRefused(_reason(error))
    return MailDeferred(_reason(error))


def _reason(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {error.message}"
    return str(error) or type(error).__name__
