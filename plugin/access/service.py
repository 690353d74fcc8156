"""Links, sessions and mailed codes. Each opens exactly one order of one shop (I15); only hashes are stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hmac import compare_digest

from plugin.access.models import Lookup, OrderLink, ShopperSession
from plugin.core.errors import DomainError
from plugin.core.ids import new_id, new_token, readable_code, token_hash
from plugin.db import Transaction, read_both, rows
from plugin.shops.models import Shop


class LinkKind(StrEnum):
    """What a link opens: its order, or of its order only what the receiver of a gift may see and do.

    The value begins the token, whose hash is what we keep: nobody makes one of the other.
    """

    ORDER = "ol"
    GIFT = "gl"


SESSION_LASTS = timedelta(minutes=30)
WIDGET_SESSION_LASTS = timedelta(minutes=5)
LINK_LASTS = timedelta(days=60)
LINK_REMEMBERED = timedelta(days=90)  # opens nothing any more, but still knows the shop
LOOKUP_LASTS = timedelta(minutes=10)
LOOKUP_TRIES = 5
GIFT = "gift"  # what opened a session of a gift's receiver


class SessionExpired(DomainError):
    status = 401
    code = "session_expired"
    sentence = "Your visit has ended to keep your order safe. Open the link in your mail again, or look your order up."


class LinkExpired(DomainError):
    status = 410
    code = "link_expired"
    sentence = "This link is no longer valid. Look your order up, and we will mail you a new one at once."


class OpensGiftOnly(DomainError):
    """The session of a gift's receiver at a door of who ordered, or the other way round."""

    status = 403
    code = "opens_gift_only"
    sentence = "This visit is for a gift alone. Open the link that you were given for it again."


class WrongCode(DomainError):
    status = 403
    code = "wrong_code"
    sentence = "This code does not fit, or is older than ten minutes. Check the mail, or ask for a new one."


@dataclass(frozen=True)
class Visitor:
    """A shopper inside a session: this order of this shop, nothing else."""

    session_id: str
    shop_id: str
    order_id: str
    expires_at: datetime
    is_gift: bool = False  # the receiver of a gift: sees the items and may send them back, and nothing else (I15)


@dataclass(frozen=True)
class OpenedSession:
    token: str
    visitor: Visitor


def is_gift_link(token: str) -> bool:
    """Whether this token, if it is one, opens a gift alone."""
    return token.startswith(f"{LinkKind.GIFT}_")


async def make_link(
    tx: Transaction, *, shop_id: str, order_id: str, at: datetime, kind: LinkKind = LinkKind.ORDER
) -> str:
    """A new token for a signed link to the order; only its hash is kept."""
    token = new_token(kind.value)
    await tx.execute(
        "INSERT INTO order_links (id, token_hash, shop_id, order_id, expires_at, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        new_id("link"), token_hash(token), shop_id, order_id, at + LINK_LASTS, at,
    )  # fmt: skip
    return token


async def find_link(token: str, at: datetime) -> OrderLink | None:
    """The live link behind a token. Looking changes nothing: mail scanners look, too."""
    return await OrderLink.get_or_none(token_hash=token_hash(token), expires_at__gt=at)


async def shop_of_link(token: str) -> str | None:
    """Whose link this is or was, so that somebody who comes too late is shown the right door."""
    link = await OrderLink.get_or_none(token_hash=token_hash(token))
    return link.shop_id if link else None


async def open_by_link(token: str, at: datetime) -> OpenedSession:
    """Exchange a link for a session; raises ``LinkExpired``."""
    link = await find_link(token, at)
    if link is None:
        raise LinkExpired()
    opened_by = GIFT if is_gift_link(token) else "link"
    return await open_session(link.shop_id, link.order_id, opened_by, at, SESSION_LASTS)


async def open_session(
    shop_id: str, order_id: str, opened_by: str, at: datetime, lasts: timedelta = SESSION_LASTS
) -> OpenedSession:
    """Open a session; the token is shown once."""
    token = new_token("cs")
    session = await ShopperSession.create(
        id=new_id("sess"),
        token_hash=token_hash(token),
        shop_id=shop_id,
        order_id=order_id,
        opened_by=opened_by,
        expires_at=at + lasts,
        created_at=at,
    )
    return OpenedSession(token, Visitor(session.id, shop_id, order_id, at + lasts, opened_by == GIFT))


async def visit_of(token: str, at: datetime) -> tuple[Visitor, Shop]:
    """Who holds this token, and the shop that the visit is in; raises ``SessionExpired``, also for a token that never
    was."""
    found = await read_both(
        ShopperSession, Shop,
        "FROM shopper_sessions a JOIN shops b ON b.id = a.shop_id WHERE a.token_hash = $1 AND a.expires_at > $2",
        token_hash(token), at,
    )  # fmt: skip
    if not found:
        raise SessionExpired()
    ((session, shop),) = found
    return Visitor(session.id, shop.id, session.order_id, session.expires_at, session.opened_by == GIFT), shop


async def is_open(visitor: Visitor, at: datetime) -> bool:
    """Whether this session still is one, for what goes on after the request that it was checked for."""
    return await ShopperSession.exists(id=visitor.session_id, expires_at__gt=at)


async def close_session(visitor: Visitor) -> None:
    await ShopperSession.filter(id=visitor.session_id).delete()


async def begin_lookup(tx: Transaction, *, shop_id: str, order_id: str | None, at: datetime) -> str:
    """Write the same row whether or not there is such an order; its id is the public half of the lookup."""
    lookup_id = new_id("look")
    await tx.execute(
        "INSERT INTO lookups (id, shop_id, order_id, code_hash, tries, expires_at, created_at) "
        "VALUES ($1, $2, $3, '', 0, $4, $5)",
        lookup_id, shop_id, order_id, at + LOOKUP_LASTS, at,
    )  # fmt: skip
    return lookup_id


async def find_lookup(shop_id: str, lookup_id: str, at: datetime) -> Lookup | None:
    """A lookup that can still be answered by a mail."""
    return await Lookup.get_or_none(id=lookup_id, shop_id=shop_id, used_at__isnull=True, expires_at__gt=at)


async def give_code(tx: Transaction, lookup_id: str) -> str:
    """A fresh code for the lookup's mail; only its hash is kept, and an earlier one no longer fits."""
    code = readable_code(8)
    await tx.execute("UPDATE lookups SET code_hash = $2 WHERE id = $1", lookup_id, _code_hash(lookup_id, code))
    return code


async def open_by_code(shop_id: str, lookup_id: str, code: str, at: datetime) -> OpenedSession:
    """Exchange a mailed code for a session, once, in ten minutes and five tries; raises ``WrongCode`` for all else."""
    tried = await rows(
        "UPDATE lookups SET tries = tries + 1 WHERE id = $1 AND shop_id = $2 AND tries < $3 AND expires_at > $4 "
        "AND used_at IS NULL RETURNING order_id, code_hash",
        lookup_id, shop_id, LOOKUP_TRIES, at,
    )  # fmt: skip
    given = _code_hash(lookup_id, code.strip().upper().replace("-", "").replace(" ", ""))
    if not tried or tried[0]["order_id"] is None or not compare_digest(tried[0]["code_hash"], given):
        raise WrongCode(param="code")
    order_id, token, ends = tried[0]["order_id"], new_token("cs"), at + SESSION_LASTS
    opened = await rows(  # one statement: a code is not used up without its session
        "WITH used AS (UPDATE lookups SET used_at = $2 WHERE id = $1 AND used_at IS NULL RETURNING shop_id, order_id) "
        "INSERT INTO shopper_sessions (id, token_hash, shop_id, order_id, opened_by, expires_at, created_at) "
        "SELECT $3, $4, shop_id, order_id, 'code', $5, $2 FROM used RETURNING id",
        lookup_id, at, new_id("sess"), token_hash(token), ends,
    )  # fmt: skip
    if not opened:
        raise WrongCode(param="code")
    return OpenedSession(token, Visitor(opened[0]["id"], shop_id, order_id, ends))


def _code_hash(lookup_id: str, code: str) -> str:
    # Bound to its request, so that one code never fits another lookup.
    return token_hash(f"{lookup_id}:{code}")


async def forget_expired(at: datetime) -> int:
    """Delete sessions and lookups that ended a day ago, and links long past their end."""
    gone = await ShopperSession.filter(expires_at__lt=at - timedelta(days=1)).delete()
    gone += await Lookup.filter(expires_at__lt=at - timedelta(days=1)).delete()
    return gone + await OrderLink.filter(expires_at__lt=at - LINK_REMEMBERED).delete()


async def forget_order(tx: Transaction, order_id: str) -> None:
    """Delete every way into an order: links, sessions and lookups. Who is inside is outside at once."""
    for table in ("order_links", "shopper_sessions", "lookups"):
        await tx.execute(f"DELETE FROM {table} WHERE order_id = $1", order_id)  # noqa: S608 - three names of ours
