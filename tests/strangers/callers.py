"""Everybody who may knock: with no key, a worn-out one, somebody else's, or the right one in the wrong place."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from plugin.access.roles import Role, permissions_of
from plugin.access.staff import end_session
from plugin.core.ids import new_token, token_hash
from plugin.db import rows, transaction
from tests.staffed import Colleague
from tests.strangers.door import Door, Key
from tests.strangers.town import Placed, Town


@dataclass(frozen=True)
class Shown:
    """What a caller shows."""

    headers: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Caller:
    """``key``, ``of`` and ``role`` say what is genuine about the caller; without them every door is closed."""

    name: str
    show: Callable[[], Awaitable[Shown]]
    key: Key | None = None
    of: Placed | None = None
    role: Role | None = None

    def may(self, door: Door, about: Placed, *, names_order: bool) -> bool:
        """Whether this door opens for a call about this order."""
        if self.key is not door.key or self.of is None or not self._role_may(door):
            return False
        if not names_order:
            return True
        of_one_order = door.key in (Key.SESSION, Key.COOKIE, Key.GIFT, Key.GIFT_COOKIE)
        return self.of is about if of_one_order else self.of.shop_id == about.shop_id

    def _role_may(self, door: Door) -> bool:
        if self.role is None:
            return True
        return door.only in (None, self.role) and (door.needs is None or door.needs in permissions_of(self.role))


def bearer(token: str) -> Shown:
    return Shown({"Authorization": f"Bearer {token}"})


def genuine(town: Town) -> list[Caller]:
    """Who has a real key, of whatever shop or order."""
    callers = []
    for label, order in zip(("my", "the sibling order's", "the neighbour's"), town.orders, strict=True):

        async def session(order: Placed = order) -> Shown:
            return bearer(await order.session())

        async def cookie(order: Placed = order) -> Shown:
            token = await order.session()
            return Shown(cookies={"comeback": token, "__Host-comeback": token})

        async def gift(order: Placed = order) -> Shown:
            return bearer(await order.gift_session())

        async def gift_cookie(order: Placed = order) -> Shown:
            token = await order.gift_session()
            return Shown(cookies={"comeback": token, "__Host-comeback": token})

        callers.append(Caller(f"{label} gift", gift, Key.GIFT, order))
        callers.append(Caller(f"{label} gift in a cookie", gift_cookie, Key.GIFT_COOKIE, order))
        callers.append(Caller(f"{label} session", session, Key.SESSION, order))
        callers.append(Caller(f"{label} session in a cookie", cookie, Key.COOKIE, order))
    for label, order in (("our", town.mine), ("the neighbour's", town.foreign)):
        new_shop = order.world.new_shop
        callers.append(Caller(f"{label} page key", showing(bearer(new_shop.publishable_key)), Key.PAGE, order))
        callers.append(
            Caller(
                f"{label} page key in its own header",
                showing(Shown({"X-Comeback-Key": new_shop.publishable_key})),
                Key.PAGE,
                order,
            )
        )
        callers.append(Caller(f"{label} secret key", showing(bearer(new_shop.secret_key)), Key.SERVER, order))
        for role, colleague in order.staff.items():

            async def at_work(colleague: Colleague = colleague, order: Placed = order) -> Shown:
                _, token = await colleague.open(order.world.ports)
                return bearer(token)

            callers.append(Caller(f"{label} {role}", at_work, Key.STAFF, order, role))
    return callers


def strangers(town: Town) -> list[Caller]:
    """Who has no key that opens anything, though some hold a secret that opens something elsewhere."""
    mine, shop = town.mine, town.mine.world.new_shop

    async def expired() -> Shown:
        return bearer(await mine.expired_session())

    async def closed() -> Shown:
        return bearer(await mine.closed_session())

    async def expired_link() -> Shown:
        return bearer(await mine.expired_link())

    async def in_another_cookie() -> Shown:
        token = await mine.session()
        return Shown(cookies={"session": token, "comeback-shop": token, "Comeback": token})

    async def expired_in_a_cookie() -> Shown:
        return Shown(cookies={"comeback": await mine.expired_session()})

    async def closed_in_a_cookie() -> Shown:
        return Shown(cookies={"comeback": await mine.closed_session()})

    async def in_the_address() -> Shown:
        token = await mine.session()
        return Shown(params={"token": token, "access_token": token, "session": token})

    async def in_another_header() -> Shown:
        token = await mine.session()
        return Shown({"X-Comeback-Key": token, "X-Session": token, "Cookie2": token, "X-Authorization": token})

    async def by_basic() -> Shown:
        pair = base64.b64encode(f"{await mine.session()}:".encode()).decode()
        return Shown({"Authorization": f"Basic {pair}"})

    async def bent_token() -> Shown:
        return bearer((await mine.session()).swapcase())

    async def longer_token() -> Shown:
        return bearer(await mine.session() + "0")

    async def shorter_token() -> Shown:
        return bearer((await mine.session())[:-1])

    async def two_tokens() -> Shown:
        return bearer(f"{await mine.session()}, {await mine.session()}")

    async def hash_of_session() -> Shown:
        return bearer(token_hash(await mine.session()))

    owner, ports = mine.staff[Role.OWNER], mine.world.ports

    async def owner_who_left() -> Shown:
        session_id, token = await owner.open(ports)
        async with transaction(ports.doorbell) as tx:
            await end_session(tx, owner.id, session_id, ports.clock.now())
        return bearer(token)

    async def idle_owner() -> Shown:
        session_id, token = await owner.open(ports)
        await rows("UPDATE staff_sessions SET seen_at = seen_at - interval '61 minutes' WHERE id = $1", session_id)
        return bearer(token)

    async def owner_in_another_cookie() -> Shown:
        _, token = await owner.open(ports)
        return Shown(cookies={"comeback": token, "__Host-comeback": token, "session": token})

    async def owner_as_a_key() -> Shown:
        _, token = await owner.open(ports)
        return Shown({"X-Comeback-Key": token, "X-Session": token})

    async def hash_of_an_owners_session() -> Shown:
        return bearer(token_hash((await owner.open(ports))[1]))

    fixed = {
        "nobody": Shown(),
        "a bearer of nothing": bearer("-"),
        "a bare scheme": Shown({"Authorization": "Bearer"}),
        "a garbage token": bearer("garbage"),
        "a well-formed token that never was": bearer(new_token("cs")),
        "a long token": bearer("cs_" + "x" * 6000),
        "an injected token": bearer("cs_' OR 1=1 --"),
        "a page key that never was": bearer(new_token("pk_comeback")),
        "a secret key that never was": bearer(new_token("sk_comeback")),
        "a link's token as a session": bearer(mine.link),
        "an order's id as a session": bearer(mine.order_id),
        "a lookup's id as a session": bearer(mine.lookup_id),
        "a mailed code as a session": bearer(mine.mailed_code),
        "a retention code as a session": bearer(mine.code),
        "a webhook secret": bearer(shop.webhook_secret),
        "the store's own secret": bearer(shop.store_secret or ""),
        "the stored hash of the secret key": bearer(shop.shop.secret_key_hash),
        "a link's token in a cookie": Shown(cookies={"comeback": mine.link, "__Host-comeback": mine.link}),
        "a secret key in a cookie": Shown(cookies={"comeback": shop.secret_key}),
        "a colleague's id as a session": bearer(mine.staff[Role.OWNER].id),
        "a forged proxy": Shown({"X-Forwarded-For": "127.0.0.1", "X-Forwarded-User": "admin", "X-Real-IP": "::1"}),
    }
    asked = {
        "an expired session": expired,
        "a closed session": closed,
        "an expired link": expired_link,
        "a session in another cookie": in_another_cookie,
        "an expired session in a cookie": expired_in_a_cookie,
        "a closed session in a cookie": closed_in_a_cookie,
        "a session in the address": in_the_address,
        "a session in another header": in_another_header,
        "a session by basic authentication": by_basic,
        "a session in other letters": bent_token,
        "a session and a character more": longer_token,
        "a session and a character less": shorter_token,
        "two sessions at once": two_tokens,
        "the hash of a session": hash_of_session,
        "an owner's ended session": owner_who_left,
        "an owner's idle session": idle_owner,
        "an owner's session in another cookie": owner_in_another_cookie,
        "an owner's session as a key": owner_as_a_key,
        "the hash of an owner's session": hash_of_an_owners_session,
    }
    callers = [Caller(name, showing(shown)) for name, shown in fixed.items()]
    return callers + [Caller(name, show) for name, show in asked.items()]


def showing(shown: Shown) -> Callable[[], Awaitable[Shown]]:
    async def show() -> Shown:
        return shown

    return show
