"""Bent webhooks by the thousand through the whole stack: none is taken in, and all are refused in the same words."""

from __future__ import annotations

import hashlib
import hmac
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import httpx
import pytest

from plugin.db import rows
from plugin.storefronts.standard.signature import sign
from tests.doors import another_shop, signed_for
from tests.strangers.town import Town
from tests.world import World

MUTATIONS = int(os.environ.get("FUZZ_MUTATIONS", "500"))  # of each scheme
Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Signed:
    """A good message, before it is bent."""

    path: str
    headers: Headers
    body: bytes
    unsigned: Headers = field(default_factory=list)  # what the platform sends beside it and proves nothing of

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
    _, hooks, shop_id, source = message.path.split("/")
    other = chance.choice((town.foreign.shop_id, "shop_" + shop_id[::-1], "shop_1", "%20"))
    return replace(message, path=f"/{hooks}/{other}/{source}")


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


@dataclass(frozen=True)
class Senders:
    """Who may send: our shop's store and Stripe, and a shop on each of the platforms."""

    town: Town
    woocommerce: World
    shopify: World

    def good(self, scheme: str, chance: random.Random) -> Signed:
        """A message that would be taken."""
        body = b'{"type":"order.updated","data":{"id":"forged %d"}}' % chance.getrandbits(64)
        if scheme == "stripe":
            body = b'{"id":"evt_%d","type":"charge.refunded","data":{"object":{"id":"ch_1"}}}' % chance.getrandbits(64)
        world = {"woocommerce": self.woocommerce, "shopify": self.shopify}.get(scheme, self.town.mine.world)
        headers = signed_for(world, scheme, body, "order.updated")
        names = SIGNED_HEADERS[scheme]
        return Signed(
            f"/hooks/{world.shop.id}/{scheme}",
            [(name.encode(), value.encode()) for name, value in headers.items() if name in names],
            body,
            [(name.encode(), value.encode()) for name, value in headers.items() if name not in names],
        )


SIGNED_HEADERS = {
    "standard": {"webhook-id", "webhook-timestamp", "webhook-signature"},
    "stripe": {"stripe-signature"},
    "woocommerce": {"x-wc-webhook-signature"},
    "shopify": {"x-shopify-hmac-sha256"},
}


@pytest.fixture(scope="module")
async def senders(town: Town) -> Senders:
    ours = town.mine.world
    return Senders(town, await another_shop(ours, "woocommerce"), await another_shop(ours, "shopify"))


async def send(town: Town, message: Signed) -> httpx.Response:
    return await town.http.post(message.path, content=message.body, headers=message.headers + message.unsigned)


def told(answer: httpx.Response) -> str:
    """All that a refused sender can see, but for what is new in each answer."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("date", "x-request-id")}
    nonce = headers["content-security-policy"].partition("'nonce-")[2].partition("'")[0]
    headers["content-security-policy"] = headers["content-security-policy"].replace(nonce, "")
    body = answer.json() | {"request_id": ""}
    return str((answer.status_code, sorted(headers.items()), sorted(body.items())))


@pytest.mark.parametrize("scheme", SIGNED_HEADERS)
async def test_a_good_message_is_taken(senders: Senders, scheme: str) -> None:
    assert (await send(senders.town, senders.good(scheme, random.Random(-1)))).status_code == 202


@pytest.mark.parametrize("scheme", SIGNED_HEADERS)
async def test_no_bent_message_is_taken_and_all_are_refused_alike(senders: Senders, scheme: str) -> None:
    town, chance = senders.town, random.Random(20261123)
    before = await rows("SELECT count(*) AS n FROM inbox_events")
    answers = set()
    for n in range(MUTATIONS):
        if n % 500 == 0:
            good = senders.good(scheme, chance)
        bent = BENDS[n % len(BENDS)](chance, good, town)
        answer = await send(town, bent if bent != good else flip_body(chance, good, town))
        assert answer.status_code == 401, (bent, answer.text)
        answers.add(told(answer))
    assert len(answers) == 1, answers
    assert await rows("SELECT count(*) AS n FROM inbox_events") == before


async def test_a_signature_of_another_key_or_time_is_refused(town: Town) -> None:
    """Well signed, but by the neighbour, by our own outgoing secret, by a public key, or too early and too late."""
    mine, theirs = town.mine.world.new_shop, town.foreign.world.new_shop
    now, body = int(time.time()), b'{"type":"order.updated"}'
    path = f"/hooks/{town.mine.shop_id}/standard"
    secrets = (theirs.webhook_secret, mine.store_secret or "", "whsec_" + "A" * 44)
    tries = [(secret, now) for secret in secrets]
    tries += [(mine.webhook_secret, now + shift) for shift in (-86_400, -310, 310, 86_400)]
    for shift in (-290, 290):
        headers = sign(mine.webhook_secret, f"msg_in_time_{shift}", now + shift, body)
        assert (await town.http.post(path, content=body, headers=headers)).status_code == 202
    for secret, stamp in tries:
        headers = sign(secret, "msg_forged", stamp, body)
        assert (await town.http.post(path, content=body, headers=headers)).status_code == 401
        stripe = {"Stripe-Signature": signature_header(secret, body, stamp)}
        answer = await town.http.post(f"/hooks/{town.mine.shop_id}/stripe", content=body, headers=stripe)
        assert answer.status_code == 401


async def test_the_same_message_again_is_answered_alike_and_stored_once(senders: Senders) -> None:
    town = senders.town
    before = (await rows("SELECT count(*) AS n FROM inbox_events"))[0]["n"]
    message = senders.good("standard", random.Random(-2))
    assert {(await send(town, message)).status_code for _ in range(20)} == {202}
    assert (await rows("SELECT count(*) AS n FROM inbox_events"))[0]["n"] == before + 1
