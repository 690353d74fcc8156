"""Stripe's signature over the raw bytes: the published vectors, forgeries, and what an event tells us."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from plugin.payments.stripe.gateway import StripeGateway
from plugin.payments.stripe.webhooks import verified_event
from plugin.ports.payments import GatewayEvent
from plugin.ports.storefronts import SignatureInvalid, Unparseable

SHARED = Path(os.environ.get("COMEBACK_SHARED", Path(__file__).parents[2].parent / "shared"))
PAYLOADS = SHARED / "payloads"
SECRET = "whsec_live"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BODY = b'{"id":"evt_1","object":"event","type":"refund.updated","data":{"object":' \
    b'{"id":"re_1","object":"refund","payment_intent":"pi_1"}}}'  # fmt: skip


def signed(body: bytes, secret: str = SECRET, at: datetime = NOW) -> dict[str, str]:
    header = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, int(at.timestamp()))
    return {"Stripe-Signature": header}


def event_with(subject: str) -> GatewayEvent:
    body = b'{"id":"evt_1","type":"some.type","data":{"object":%s}}' % subject.encode()
    return verified_event(signed(body), body, (SECRET,), NOW)


def test_a_signed_event_says_which_object_to_read_again() -> None:
    assert verified_event(signed(BODY), BODY, (SECRET,), NOW) == GatewayEvent("evt_1", "refund.updated", "re_1", "pi_1")


@pytest.mark.parametrize(
    ("subject", "payment"),
    [
        ('{"id":"pi_1","object":"payment_intent"}', "pi_1"),
        ('{"id":"ch_1","object":"charge","payment_intent":"pi_1"}', "pi_1"),
        ('{"id":"du_1","object":"dispute","payment_intent":"pi_1"}', "pi_1"),
        ('{"id":"re_1","object":"refund","payment_intent":{"id":"pi_1","object":"payment_intent"}}', "pi_1"),
        ('{"id":"ch_1","object":"charge","payment_intent":null}', None),
        ('{"object":"balance"}', None),
    ],
)
def test_the_payment_is_found_in_each_kind_of_object(subject: str, payment: str | None) -> None:
    assert event_with(subject).payment_reference == payment


def test_either_of_two_secrets_opens_it_while_one_is_rotated() -> None:
    for secret in ("whsec_old", "whsec_new"):
        assert verified_event(signed(BODY, secret), BODY, ("whsec_old", "whsec_new"), NOW).id == "evt_1"


def test_two_signatures_in_one_header_are_both_tried() -> None:
    first, second = signed(BODY, "whsec_other")["Stripe-Signature"], signed(BODY)["Stripe-Signature"]
    headers = {"stripe-signature": f"{first},{second.partition(',')[2]},v0=00"}
    assert verified_event(headers, BODY, (SECRET,), NOW).id == "evt_1"


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_a_signature_is_good_for_five_minutes_both_ways(seconds: int) -> None:
    assert verified_event(signed(BODY), BODY, (SECRET,), NOW + timedelta(seconds=seconds)).id == "evt_1"


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_signature_too_old_or_from_the_future_is_refused(seconds: int) -> None:
    with pytest.raises(SignatureInvalid):
        verified_event(signed(BODY), BODY, (SECRET,), NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Stripe-Signature": ""},
        {"Stripe-Signature": "t=,v1="},
        {"Stripe-Signature": f"t={int(NOW.timestamp())}"},
        {"Stripe-Signature": f"t={int(NOW.timestamp())},v1=é"},
        {"Stripe-Signature": f"t={int(NOW.timestamp())},v0=00"},
        {"Stripe-Signature": "t=" + "9" * 5000 + ",v1=00"},
        {"Stripe-Signature": "t=²,v1=00"},
        {"Stripe-Signature": "v1=00"},
    ],
)
def test_a_header_that_makes_no_sense_is_refused_like_any_other(headers: dict[str, str]) -> None:
    with pytest.raises(SignatureInvalid):
        verified_event(headers, BODY, (SECRET,), NOW)


def test_a_body_that_is_no_text_is_refused() -> None:
    with pytest.raises(SignatureInvalid):
        verified_event(signed(BODY), b"\xff" + BODY, (SECRET,), NOW)


def test_no_secret_and_an_empty_secret_open_nothing() -> None:
    for secrets in ((), ("",), (" ",)):
        with pytest.raises(SignatureInvalid):
            verified_event(signed(BODY, " "), BODY, secrets, NOW)


@given(st.integers(min_value=0, max_value=len(BODY) - 1), st.integers(min_value=1, max_value=255))
def test_no_changed_byte_is_accepted(place: int, change: int) -> None:
    forged = BODY[:place] + bytes([BODY[place] ^ change]) + BODY[place + 1 :]
    with pytest.raises(SignatureInvalid):
        verified_event(signed(BODY), forged, (SECRET,), NOW)


@pytest.mark.parametrize("body", [b"null", b"[]", b"{", b'{"id":"evt_1"}', b'{"id":1,"type":"x","data":{"object":{}}}'])
def test_a_signed_body_that_is_no_event_is_set_aside_with_its_reason(body: bytes) -> None:
    with pytest.raises(Unparseable, match="no Stripe event"):
        verified_event(signed(body), body, (SECRET,), NOW)


@pytest.mark.skipif(not PAYLOADS.exists(), reason="the shared payloads are not here")
async def test_the_published_vectors_verify_and_no_other_secret_does() -> None:
    section = (PAYLOADS / "SIGNATURES.md").read_text().split("## Stripe")[1].split("\n## ")[0]
    vectors = re.findall(r'Vector: (\S+), secret "([^"]+)", t=(\d+),\s+v1=([0-9a-f]{64})', section)
    assert vectors
    gateway = StripeGateway()
    for path, secret, at, signature in vectors:
        body = (PAYLOADS / path).read_bytes()
        headers = {"Stripe-Signature": f"t={at},v1={signature},v0=00"}
        now = datetime.fromtimestamp(int(at), UTC)
        assert gateway.verify(headers, body, (secret,), now).id.startswith("evt_")
        with pytest.raises(SignatureInvalid):
            gateway.verify(headers, body, (SECRET,), now)
    await gateway.aclose()


@pytest.mark.skipif(not PAYLOADS.exists(), reason="the shared payloads are not here")
def test_every_shared_event_is_read_and_every_other_body_set_aside() -> None:
    class Head(msgspec.Struct):
        object: str | None = None

    for path in sorted((PAYLOADS / "stripe").glob("*.json")):
        body = path.read_bytes()
        if msgspec.json.decode(body, type=Head).object == "event":
            event = verified_event(signed(body), body, (SECRET,), NOW)
            assert event.type, path.name
            if "payment_intent" in path.name:
                assert event.payment_reference == event.object_id, path.name
        else:
            with pytest.raises(Unparseable):
                verified_event(signed(body), body, (SECRET,), NOW)
