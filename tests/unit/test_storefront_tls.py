"""TLS proves the store's name although the connection is made to a number."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from plugin.ports.storefronts import CancelAnswer, CancelRequest, CancelStatus, StoreConnection
from plugin.storefronts.standard.adapter import StandardStorefront

ANSWER = b'{"status":"cancelled"}'
REQUEST = CancelRequest(key="c", order_id="o", order_number="1", whole_order=True, lines=())


def certificate_for(name: str, folder: Path) -> Path:
    """A self-signed certificate and its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "store.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(ANSWER) + ANSWER)
    await writer.drain()
    writer.close()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[tuple[int, Path]]:
    """The port of a store that proves itself as good.example, and its certificate."""
    pem = certificate_for("good.example", tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    async with await asyncio.start_server(answer_once, "127.0.0.1", 0, ssl=context) as server:
        yield server.sockets[0].getsockname()[1], pem


async def ask(host: str, port: int, pem: Path) -> CancelAnswer:
    async def resolve(name: str, its_port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    async with httpx.AsyncClient(verify=ssl.create_default_context(cafile=pem), trust_env=False) as http:
        connection = StoreConnection(
            shop_id="s", address=f"https://{host}:{port}/x", secret="whsec_MDEy", allow_private_address=True
        )
        return await StandardStorefront(http, resolve=resolve).cancel(connection, REQUEST)


async def test_the_name_of_the_address_is_what_the_certificate_must_prove(store: tuple[int, Path]) -> None:
    port, pem = store
    assert (await ask("good.example", port, pem)).status is CancelStatus.CANCELLED
    other = await ask("other.example", port, pem)
    assert other == CancelAnswer(status=CancelStatus.UNKNOWN, reason="The store could not be reached (ConnectError).")
