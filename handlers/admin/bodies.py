"""What the routes about the people of a shop take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from plugin.access.models import StaffInvitation, StaffMember, StaffSession
from plugin.access.roles import Role, permissions_of
from plugin.access.staff import Member

Email = Annotated[
    str, Meta(min_length=3, max_length=254, pattern="^[!-?A-~]+@[!-?A-~]+$", examples=["ada@example.com"])
]
# Any text may be tried: what is too short is no password of ours, and is told like any other wrong one.
Password = Annotated[str, Meta(min_length=1, max_length=200, examples=["seven quiet lanterns"])]
NewPassword = Annotated[
    str, Meta(min_length=1, max_length=200, description="12 to 200 characters.", examples=["nine brave teapots"])
]
Code = Annotated[
    str, Meta(min_length=6, max_length=24, description="Of an authenticator, or a recovery code.", examples=["492039"])
]
ShopRef = Annotated[str, Meta(min_length=1, max_length=40, examples=["shop_01jd0000000000000000000000"])]
Token = Annotated[str, Meta(min_length=1, max_length=200)]


class SignInAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``cookie`` keeps the token in a cookie of this browser in place of the answer."""

    shop: ShopRef
    email: Email
    password: Password
    code: Code | None = None
    cookie: bool = False


class ProofAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The password, or else a code."""

    password: Password | None = None
    code: Code | None = None


class CodeAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: Code


class PasswordAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    current: Password
    new: NewPassword


class InviteAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: Email
    role: Role


class RoleAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    role: Role


class AcceptAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``token`` is the last part of the invitation's link."""

    token: Token
    password: NewPassword


class MeView(Struct, frozen=True, kw_only=True):
    """Who is signed in, and what they may do. ``proved_at`` is when they last showed their password or a code."""

    id: str
    shop: str
    email: str
    role: Role
    permissions: tuple[str, ...]
    proved_at: datetime

    @classmethod
    def of(cls, member: Member) -> MeView:
        return cls(
            id=member.id, shop=member.shop_id, email=member.email, role=member.role,
            permissions=tuple(sorted(permissions_of(member.role))), proved_at=member.proved_at,
        )  # fmt: skip


class SignedIn(Struct, frozen=True, kw_only=True):
    """A session. Send ``token`` as ``Authorization: Bearer``; it is null where a cookie holds it.

    Unused for an hour it ends at ``idle_at``, and in any case twelve hours after it began."""

    me: MeView
    idle_at: datetime
    token: str | None = None


class ProofView(Struct, frozen=True, kw_only=True):
    """From now until ``fresh_until`` the session may do what needs a fresh proof."""

    proved_at: datetime
    fresh_until: datetime


class SessionRow(Struct, frozen=True, kw_only=True):
    """An open session of one's own. ``address`` is where it was opened from (IPv6: its /64)."""

    id: str
    address: str
    agent: str
    is_this_one: bool
    created_at: datetime
    seen_at: datetime
    ends_at: datetime

    @classmethod
    def of(cls, session: StaffSession, member: Member) -> SessionRow:
        return cls(
            id=session.id, address=session.address, agent=session.agent, is_this_one=session.id == member.session_id,
            created_at=session.created_at, seen_at=session.seen_at, ends_at=session.expires_at,
        )  # fmt: skip


class SessionList(Struct, frozen=True, kw_only=True):
    sessions: tuple[SessionRow, ...]


class OfferView(Struct, frozen=True, kw_only=True):
    """Show ``uri`` as a QR code, or type ``secret`` into an authenticator; then confirm with the code it shows."""

    secret: str
    uri: str


class RecoveryView(Struct, frozen=True, kw_only=True):
    """Each stands in for the authenticator once. They are not shown again."""

    recovery_codes: tuple[str, ...]


class PersonRow(Struct, frozen=True, kw_only=True):
    """A person with an account at the shop."""

    id: str
    email: str
    role: Role
    has_authenticator: bool
    joined_at: datetime

    @classmethod
    def of(cls, account: StaffMember) -> PersonRow:
        return cls(
            id=account.id, email=account.email, role=Role(account.role), joined_at=account.created_at,
            has_authenticator=account.sealed_totp is not None,
        )  # fmt: skip


class InvitationRow(Struct, frozen=True, kw_only=True):
    """Somebody who has been invited and has not come yet."""

    id: str
    email: str
    role: Role
    expires_at: datetime

    @classmethod
    def of(cls, invitation: StaffInvitation) -> InvitationRow:
        return cls(
            id=invitation.id, email=invitation.email, role=Role(invitation.role), expires_at=invitation.expires_at
        )


class PeopleView(Struct, frozen=True, kw_only=True):
    people: tuple[PersonRow, ...]
    invitations: tuple[InvitationRow, ...]


class JoinedView(Struct, frozen=True, kw_only=True):
    """An account just made; sign in with it."""

    id: str
    shop: str
    email: str
    role: Role
