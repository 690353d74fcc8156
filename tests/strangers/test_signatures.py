"""Bent webhooks by the thousand through the whole stack: none is taken in, and all are refused in the same words."""

from __future__ import annotations

import hashlib
import hmac
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import httpx

from plugin.db import rows
from plugin.storefronts.standard.signature import sign
from tests.strangers.town import Town

MUTATIONS = int(os.environ.get("FUZZ_MUTATIONS", "2000"))
Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Signed:
    """A good message, before it is bent."""

    path: str
    headers: Headers
    body: bytes

    def header(self, name: bytes) -> bytes:
        return next(value for key, value in self.headers if key == name)

    def with_header(self, name: bytes, value: bytes) -> Signed:
        return replace(self, headers=[(key, value if key == name else old) for key, old in self.headers])


def signature_header(secret: str, body: bytes, stamp: int) -> str:
    """``Stripe-Signature`` as Stripe documents it: HMAC-SHA256 over ``<time>.<body>``."""
    return f"t={stamp},v1={hmac.new(secret.encode(), b'%d.' % stamp + body, hashlib.sha256).hexdigest()}"


Bend = Callable[[random.Random, Signed, Town], Signed]


def flip_body(chance: random.Random, message: Signed, town: Town) -> Signed:
    at = chance.randrange(len(message.body))
    bent = bytearray(message.body)
    bent[at] ^= 1 << chance.randrange(8)
    return replace(message, body=bytes(bent))


def cut_body(chance: random.Random, message: Signed, town: Town) -> Signed:
    return replace(message, body=message.body[: chance.randrange(len(message.body))])


def lengthen_body(chance: random.Random, message: Signed, town: Town) -> Signed:
    more = chance.choice((b" ", b"\n", b"\x00", b"}", b"\xff", "é".encode(), message.body))
    return replace(message, body=chance.choice((more + message.body, message.body + more)))


def flip_header(chance: random.Random, message: Signed, town: Town) -> Signed:
    name, value = chance.choice(message.headers)
    at = chance.randrange(len(value))
    other = bytes([chance.choice([c for c in range(0x21, 0x7F) if c != value[at]])])
    return message.with_header(name, value[:at] + other + value[at + 1 :])


def cut_header(chance: random.Random, message: Signed, town: Town) -> Signed:
    name, value = chance.choice(message.headers)
    return message.with_header(name, value[: chance.randrange(len(value))])


def drop_header(chance: random.Random, message: Signed, town: Town) -> Signed:
    gone = chance.choice(message.headers)
    return replace(message, headers=[header for header in message.headers if header != gone])


def unicode_header(chance: random.Random, message: Signed, town: Town) -> Signed:
    name, value = chance.choice(message.headers)
    return message.with_header(name, value + chance.choice(("é", "\u0661", "\ufeff", "１")).encode())


def shift_time(chance: random.Random, message: Signed, town: Town) -> Signed:
    """Another time than the signed one, near or far: what is signed covers it."""
    shift = chance.choice((-1, 1)) * chance.randrange(1, 10**6)
    headers = [(name, _shifted(value, shift)) for name, value in message.headers]
    return replace(message, headers=headers)


def _shifted(value: bytes, seconds: int) -> bytes:
    if value.isdigit():
        return str(int(value) + seconds).encode()
    if value.startswith(b"t="):
        stamp, _, rest = value[2:].partition(b",")
        return b"t=%d,%s" % (int(stamp) + seconds, rest)
    return value


def to_another_shop(chance: random.Random, message: Signed, town: Town) -> Signed:
    return replace(message, path=message.path.replace(town.mine.shop_id, town.foreign.shop_id))


def to_another_source(chance: random.Random, message: Signed, town: Town) -> Signed:
    start, _, source = message.path.rpartition("/")
    others = [other for other in ("standard", "stripe", "woocommerce", "shopify", "Standard", "x") if other != source]
    return replace(message, path=f"{start}/{chance.choice(others)}")


def under_another_id(chance: random.Random, message: Signed, town: Town) -> Signed:
    """A replay under a fresh id, so that the inbox would not know it."""
    name = chance.choice((b"webhook-id", b"stripe-signature"))
    if name == b"webhook-id" and message.path.endswith("/standard"):
        return message.with_header(name, b"msg_%d" % chance.randrange(10**12))
    return flip_header(chance, message, town)


def bad_one_in_front(chance: random.Random, message: Signed, town: Town) -> Signed:
    """A second header of the name, with a bent value before the good one and nothing signed for it."""
    name, value = message.headers[chance.randrange(len(message.headers))]
    bent = value[:-2] + bytes([value[-2] ^ 1]) + value[-1:]
    return replace(flip_body(chance, message, town), headers=[(name, bent), *message.headers])


def other_scheme(chance: random.Random, message: Signed, town: Town) -> Signed:
    swaps = ((b"v1,", b"v0,"), (b"v1,", b"v1a,"), (b"v1=", b"v0="), (b"v1,", b"V1;"))
    for name, value in message.headers:
        for old, new in chance.sample(swaps, len(swaps)):
            if old in value and name != b"content-type":
                return message.with_header(name, value.replace(old, new))
    return drop_header(chance, message, town)


BENDS: tuple[Bend, ...] = (
    flip_body, cut_body, lengthen_body, flip_header, cut_header, drop_header, unicode_header, shift_time,
    to_another_shop, to_another_source, under_another_id, bad_one_in_front, other_scheme,
)  # fmt: skip


def good_messages(town: Town, chance: random.Random) -> list[Signed]:
    """One of each kind that would be taken: a store's and Stripe's, and a neighbour's key for our address."""
    now = int(time.time())
    new_shop = town.mine.world.new_shop
    body = b'{"type":"order.updated","data":{"id":"forged %d"}}' % chance.getrandbits(64)
    event = b'{"id":"evt_%d","type":"charge.refunded","data":{"object":{"id":"ch_1"}}}' % chance.getrandbits(64)
    standard = sign(new_shop.webhook_secret, f"msg_{chance.getrandbits(64)}", now, body)
    return [
        Signed(
            f"/hooks/{town.mine.shop_id}/standard",
            [(name.encode(), value.encode()) for name, value in standard.items()],
            body,
        ),
        Signed(
            f"/hooks/{town.mine.shop_id}/stripe",
            [(b"stripe-signature", signature_header(new_shop.stripe_webhook_secret or "", event, now).encode())],
            event,
        ),
    ]


async def send(town: Town, message: Signed) -> httpx.Response:
    return await town.http.post(message.path, content=message.body, headers=message.headers)


async def test_a_good_message_is_taken(town: Town) -> None:
    for message in good_messages(town, random.Random(-1)):
        assert (await send(town, message)).status_code == 202


async def test_no_bent_message_is_taken(town: Town) -> None:
    chance = random.Random(20261123)
    before = await rows("SELECT count(*) AS n FROM inbox_events")
    answers = set()
    for n in range(MUTATIONS):
        if n % 500 == 0:
            good = good_messages(town, chance)
        bend = BENDS[n % len(BENDS)]
        answer = await send(town, bend(chance, chance.choice(good), town))
        told = answer.json() | {"request_id": ""}
        answers.add((answer.status_code, str(sorted(told.items()))))
    assert {status for status, _ in answers} == {401}
    assert len(answers) == 1
    assert await rows("SELECT count(*) AS n FROM inbox_events") == before


async def test_a_signature_of_another_key_or_time_is_refused(town: Town) -> None:
    """Well signed, but by the neighbour, by our own outgoing secret, by a public key, or too early and too late."""
    mine, theirs = town.mine.world.new_shop, town.foreign.world.new_shop
    now, body = int(time.time()), b'{"type":"order.updated"}'
    path = f"/hooks/{town.mine.shop_id}/standard"
    secrets = (theirs.webhook_secret, mine.store_secret or "", "whsec_" + "A" * 44)
    tries = [(secret, now) for secret in secrets]
    tries += [(mine.webhook_secret, now + shift) for shift in (-86_400, -310, 310, 86_400)]
    for secret, stamp in tries:
        headers = sign(secret, "msg_forged", stamp, body)
        assert (await town.http.post(path, content=body, headers=headers)).status_code == 401
        stripe = {"Stripe-Signature": signature_header(secret, body, stamp)}
        answer = await town.http.post(f"/hooks/{town.mine.shop_id}/stripe", content=body, headers=stripe)
        assert answer.status_code == 401


async def test_the_same_message_again_is_answered_alike_and_stored_once(town: Town) -> None:
    before = (await rows("SELECT count(*) AS n FROM inbox_events"))[0]["n"]
    message = good_messages(town, random.Random(-2))[0]
    assert {(await send(town, message)).status_code for _ in range(20)} == {202}
    assert (await rows("SELECT count(*) AS n FROM inbox_events"))[0]["n"] == before + 1
