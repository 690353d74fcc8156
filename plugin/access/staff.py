"""A signed-in person of a shop: their session, what it lets them do, and when it ends. Only hashes are stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.access.models import StaffMember, StaffSession
from plugin.access.roles import Permission, Role, permissions_of
from plugin.core.errors import DomainError
from plugin.core.ids import new_id, new_token, token_hash
from plugin.db import Transaction, read, read_both, rows
from plugin.shops.models import Shop

SESSION_LASTS = timedelta(hours=12)
IDLE_LASTS = timedelta(hours=1)
PROOF_LASTS = timedelta(minutes=10)
ENDED_REMEMBERED = timedelta(days=30)  # from where somebody has signed in is known for so long
_SEEN_EVERY = timedelta(minutes=1)


class NotSignedIn(DomainError):
    status = 401
    code = "not_signed_in"
    sentence = "Please sign in. Your session has ended, or never was."


class NotAllowed(DomainError):
    status = 403
    code = "not_allowed"
    sentence = "You are not allowed to do this."


class Reauthenticate(DomainError):
    status = 403
    code = "reauthenticate"
    sentence = "Please confirm with your password or a code that it is you, then try again."


@dataclass(frozen=True)
class Member:
    """Who calls: one person at one shop, in one session. ``proved_at`` is when they last showed who they are."""

    id: str
    shop_id: str
    email: str
    role: Role
    session_id: str
    proved_at: datetime
    expires_at: datetime

    @property
    def actor(self) -> str:
        """How the audit names them. Their address stands with their account, and in no chain."""
        return f"staff:{self.id}"

    def may(self, permission: Permission) -> bool:
        return permission in permissions_of(self.role)

    def check_may(self, permission: Permission) -> None:
        """Raises ``NotAllowed`` with the permission that was missing."""
        if not self.may(permission):
            raise NotAllowed(permission=permission.value, role=self.role.value)

    def check_fresh(self, at: datetime) -> None:
        """Raises ``Reauthenticate`` where the last proof is older than ten minutes."""
        if at - self.proved_at > PROOF_LASTS:
            raise Reauthenticate()


@dataclass(frozen=True)
class OpenedStaffSession:
    """A session just opened; the token is shown once."""

    token: str
    member: Member


async def member_of(token: str, at: datetime) -> tuple[Member, Shop]:
    """Who holds this token, and their shop; raises ``NotSignedIn``, also for a token that never was.

    Being seen keeps the session from going idle; that is written down once a minute and not with every call.
    """
    found = await read_both(
        StaffSession, StaffMember,
        "FROM staff_sessions a JOIN staff_members b ON b.id = a.member_id "
        "WHERE a.token_hash = $1 AND a.ended_at IS NULL AND a.expires_at > $2 AND a.seen_at > $3 "
        "AND b.removed_at IS NULL",
        token_hash(token), at, at - IDLE_LASTS,
    )  # fmt: skip
    if not found:
        raise NotSignedIn()
    ((session, account),) = found
    if at - session.seen_at > _SEEN_EVERY:
        await rows("UPDATE staff_sessions SET seen_at = greatest(seen_at, $2) WHERE id = $1", session.id, at)
    member = Member(
        id=account.id, shop_id=account.shop_id, email=account.email, role=Role(account.role), session_id=session.id,
        proved_at=session.proved_at, expires_at=min(session.expires_at, at + IDLE_LASTS),
    )  # fmt: skip
    (shop,) = await read(Shop, "WHERE id = $1", account.shop_id)
    return member, shop


async def open_session(
    tx: Transaction, account: StaffMember, *, address: str, agent: str, at: datetime
) -> OpenedStaffSession:
    """A new session of a member who has just shown who they are."""
    token, session_id = new_token("staff"), new_id("sts")
    await tx.execute(
        "INSERT INTO staff_sessions (id, token_hash, shop_id, member_id, address, agent, proved_at, seen_at, "
        "expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $7)",
        session_id, token_hash(token), account.shop_id, account.id, address[:64], agent[:200], at, at + SESSION_LASTS,
    )  # fmt: skip
    member = Member(
        id=account.id, shop_id=account.shop_id, email=account.email, role=Role(account.role), session_id=session_id,
        proved_at=at, expires_at=at + IDLE_LASTS,
    )  # fmt: skip
    return OpenedStaffSession(token, member)


async def mark_proved(tx: Transaction, session_id: str, at: datetime) -> None:
    """The member has shown again who they are."""
    await tx.execute("UPDATE staff_sessions SET proved_at = $2 WHERE id = $1", session_id, at)


async def live_sessions(member_id: str, at: datetime) -> list[StaffSession]:
    """The member's open sessions, the one last used first."""
    return await read(
        StaffSession,
        "WHERE member_id = $1 AND ended_at IS NULL AND expires_at > $2 AND seen_at > $3 ORDER BY seen_at DESC, id",
        member_id, at, at - IDLE_LASTS,
    )  # fmt: skip


async def end_session(tx: Transaction, member_id: str, session_id: str, at: datetime) -> bool:
    """End one session of the member; False where there is no such open one."""
    sql = "UPDATE staff_sessions SET ended_at = $3 WHERE id = $1 AND member_id = $2 AND ended_at IS NULL"
    return await tx.execute(sql, session_id, member_id, at) > 0


async def end_all_sessions(tx: Transaction, member_id: str, at: datetime, *, but: str | None = None) -> int:
    """End every session of the member, save perhaps the one that asks; returns how many."""
    return await tx.execute(
        "UPDATE staff_sessions SET ended_at = $2 WHERE member_id = $1 AND ended_at IS NULL "
        "AND id IS DISTINCT FROM $3::text",
        member_id, at, but,
    )  # fmt: skip


async def is_known_address(shop_id: str, email: str, address: str) -> bool:
    """Whether this account has signed in from here of late. For an account that is not there: no."""
    found = await rows(
        "SELECT 1 FROM staff_sessions s JOIN staff_members m ON m.id = s.member_id "
        "WHERE m.shop_id = $1 AND m.email = $2 AND m.removed_at IS NULL AND s.address = $3 LIMIT 1",
        shop_id, email, address,
    )  # fmt: skip
    return bool(found)


async def forget_ended(at: datetime) -> int:
    """Delete sessions that ended a month ago."""
    return await StaffSession.filter(expires_at__lt=at - ENDED_REMEMBERED).delete()
