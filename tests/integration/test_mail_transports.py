"""Mail on its way out: a real SMTP server that agrees, hesitates, refuses or hangs up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword, Session
from aiosmtpd.smtp import Envelope as SmtpEnvelope

from plugin.mailers.smtp import SmtpTransport
from plugin.ports.mail import MailDeferred, MailRefused, MailUnknown
from tests.mails import FixedClock, mail


class Postmaster:
    """Answers as told: ``at_rcpt`` and ``at_data`` are taken once each, then everything is fine again."""

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.connections: list[asyncio.Transport] = []
        self.at_mail: list[str] = []
        self.at_rcpt: list[str] = []
        self.at_data: list[str] = []
        self.thinking = asyncio.Event()

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: SmtpEnvelope, address: str, options: list[str]
    ) -> str:
        if self.at_mail:
            return self.at_mail.pop(0)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: SmtpEnvelope, address: str, options: list[str]
    ) -> str:
        if self.at_rcpt:
            return self.at_rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: SmtpEnvelope) -> str:
        answer = self.at_data.pop(0) if self.at_data else "250 OK"
        if answer == "hang up":
            self.connections[-1].abort()
        elif answer == "think forever":
            self.thinking.set()
            await asyncio.Event().wait()
        elif answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.taken.append(message_from_bytes(envelope.content, policy=default))
        return answer


class Connection(SMTP):
    """aiosmtpd's protocol, which tells its postmaster about its connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.event_handler.connections.append(transport)
        super().connection_made(transport)


@asynccontextmanager
async def serving(protocol: Callable[[], asyncio.Protocol]) -> AsyncIterator[int]:
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.fixture
async def postmaster() -> Postmaster:
    return Postmaster()


@pytest.fixture
async def smtp(postmaster: Postmaster) -> AsyncIterator[SmtpTransport]:
    async with serving(lambda: Connection(postmaster)) as port:
        transport = SmtpTransport(f"smtp://127.0.0.1:{port}", timeout=5, clock=FixedClock())
        yield transport
        await transport.close()


async def test_a_mail_arrives_whole(smtp: SmtpTransport, postmaster: Postmaster) -> None:
    await smtp.send(mail(language="ru"))
    [taken] = postmaster.taken
    assert taken["Message-ID"] == "<mail_01@comeback.example>"
    assert taken["Subject"] == "Ваш заказ #1042 отменён"
    assert [part.get_content_type() for part in taken.walk()] == ["multipart/alternative", "text/plain", "text/html"]


async def test_one_connection_carries_many_mails_also_at_once(smtp: SmtpTransport, postmaster: Postmaster) -> None:
    await asyncio.gather(*(smtp.send(mail(f"mail_{n}")) for n in range(5)))
    assert len(postmaster.taken) == 5
    assert len(postmaster.connections) == 1


@pytest.mark.parametrize("step", ["at_mail", "at_rcpt", "at_data"])
async def test_a_451_is_for_later_and_harms_no_other_mail(
    smtp: SmtpTransport, postmaster: Postmaster, step: str
) -> None:
    setattr(postmaster, step, ["451 try later"])
    with pytest.raises(MailDeferred, match="451 try later"):
        await smtp.send(mail())
    await smtp.send(mail())
    assert len(postmaster.taken) == 1
    assert len(postmaster.connections) == 1


@pytest.mark.parametrize("step", ["at_mail", "at_rcpt", "at_data"])
async def test_a_550_is_for_good_and_harms_no_other_mail(
    smtp: SmtpTransport, postmaster: Postmaster, step: str
) -> None:
    setattr(postmaster, step, ["550 nobody here"])
    with pytest.raises(MailRefused, match="550 nobody here"):
        await smtp.send(mail("mail_01"))
    await smtp.send(mail("mail_02"))
    assert [taken["Message-ID"] for taken in postmaster.taken] == ["<mail_02@comeback.example>"]
    assert len(postmaster.connections) == 1


async def test_a_line_that_drops_after_the_data_leaves_the_mail_unknown(
    smtp: SmtpTransport, postmaster: Postmaster
) -> None:
    postmaster.at_data = ["hang up"]
    with pytest.raises(MailUnknown):
        await smtp.send(mail())
    await smtp.send(mail("mail_02"))
    assert len(postmaster.connections) == 2


async def test_a_421_gives_the_connection_up_and_the_next_mail_gets_a_new_one(
    smtp: SmtpTransport, postmaster: Postmaster
) -> None:
    postmaster.at_rcpt = ["421 closing"]
    with pytest.raises(MailDeferred, match="421 closing"):
        await smtp.send(mail())
    await smtp.send(mail())
    assert len(postmaster.taken) == 1
    assert len(postmaster.connections) == 2


async def test_a_connection_that_died_in_its_sleep_is_replaced_unseen(
    smtp: SmtpTransport, postmaster: Postmaster
) -> None:
    await smtp.send(mail("mail_01"))
    postmaster.connections[0].abort()
    await smtp.send(mail("mail_02"))
    postmaster.at_mail = ["421 idle for too long"]
    await smtp.send(mail("mail_03"))
    assert len(postmaster.taken) == 3
    assert len(postmaster.connections) == 3


async def test_a_mail_that_is_cancelled_half_way_harms_no_other_mail(
    smtp: SmtpTransport, postmaster: Postmaster
) -> None:
    postmaster.at_data = ["think forever"]
    sending = asyncio.create_task(smtp.send(mail()))
    await postmaster.thinking.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await smtp.send(mail("mail_02"))
    assert [taken["Message-ID"] for taken in postmaster.taken] == ["<mail_02@comeback.example>"]


async def test_a_line_that_drops_before_the_data_is_for_later() -> None:
    class Fickle(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            self.transport = transport
            transport.write(b"220 hello\r\n")

        def data_received(self, data: bytes) -> None:
            if data.startswith(b"RCPT"):
                self.transport.abort()
            else:
                self.transport.write(b"250 OK\r\n")

    async with serving(Fickle) as port:
        with pytest.raises(MailDeferred):
            await SmtpTransport(f"smtp://127.0.0.1:{port}", timeout=5).send(mail())


async def test_a_server_that_never_speaks_is_for_later() -> None:
    async with serving(asyncio.Protocol) as port:
        with pytest.raises(MailDeferred):
            await SmtpTransport(f"smtp://127.0.0.1:{port}", timeout=0.1).send(mail())


async def test_nobody_at_home_is_for_later_also_for_the_doctor() -> None:
    async with serving(asyncio.Protocol) as port:
        pass
    transport = SmtpTransport(f"smtp://127.0.0.1:{port}", timeout=5)
    with pytest.raises(MailDeferred):
        await transport.send(mail())
    with pytest.raises(MailDeferred):
        await transport.ping()
    await transport.close()


async def test_user_and_password_come_from_the_address(postmaster: Postmaster) -> None:
    logins: list[bytes] = []

    def login(_server: SMTP, _session: Session, _envelope: SmtpEnvelope, _mechanism: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        logins.append(data.login)
        return AuthResult(success=(data.login, data.password) == (b"shop@a", b"p:ss/word"), handled=False)

    def protocol() -> SMTP:
        return Connection(postmaster, authenticator=login, auth_require_tls=False)

    async with serving(protocol) as port:
        right = SmtpTransport(f"smtp://shop%40a:p%3Ass%2Fword@127.0.0.1:{port}", timeout=5)
        await right.send(mail())
        await right.close()
        with pytest.raises(MailDeferred, match="535"):
            await SmtpTransport(f"smtp://shop%40a:wrong@127.0.0.1:{port}", timeout=5).send(mail())
    assert len(postmaster.taken) == 1
    assert set(logins) == {b"shop@a"}


async def test_who_asks_for_tls_never_sends_in_the_clear(postmaster: Postmaster) -> None:
    async with serving(lambda: Connection(postmaster)) as port:
        for scheme in ("smtp+starttls", "smtps"):
            with pytest.raises(MailDeferred):
                await SmtpTransport(f"{scheme}://127.0.0.1:{port}", timeout=2).send(mail())
    assert not postmaster.taken


async def test_the_doctor_hears_where_mail_goes_and_no_password(smtp: SmtpTransport) -> None:
    assert (await smtp.ping()).startswith("smtp://127.0.0.1:")


@pytest.mark.parametrize("url", ["http://a.example", "smtp://", "localhost:25", ""])
def test_an_address_of_no_mail_server_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="SMTP_URL must look like"):
        SmtpTransport(url)


async def test_a_mail_that_waited_too_long_behind_others_is_not_handed_over(
    smtp: SmtpTransport, postmaster: Postmaster
) -> None:
    with pytest.raises(MailDeferred, match="too slow"):
        await smtp.send(mail("mail_01"), begin_within=0)
    await smtp.send(mail("mail_02"), begin_within=5)
    assert [taken["Message-ID"] for taken in postmaster.taken] == ["<mail_02@comeback.example>"]
    assert len(postmaster.connections) == 1
