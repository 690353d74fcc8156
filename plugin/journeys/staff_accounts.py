"""Who has an account at a shop: invitations, roles, and leaving. Each step is audited under the name of who did it."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.access.accounts import (
    AlreadyStaff,
    InvitationExpired,
    NewInvitation,
    create_account,
    end_totp,
    find_account,
    find_invitation,
    invitations_of,
    lock_account,
    lock_with_owners,
    put_invitation,
    set_removed,
    set_role,
    staff_email,
    take_invitation,
    withdraw_invitation,
    withdraw_invitations_by,
)
from plugin.access.models import StaffMember
from plugin.access.passwords import check_password, hash_password
from plugin.access.roles import Role
from plugin.access.staff import Member, NotSignedIn, end_all_sessions
from plugin.audit import service as audit
from plugin.core.errors import DomainError, NotFound
from plugin.core.words import choose_locale
from plugin.db import Transaction, transaction
from plugin.journeys.letter_frame import brand_of
from plugin.journeys.sign_in import note
from plugin.messages import outbox as mails
from plugin.messages.contexts import StaffInvitation
from plugin.messages.parts import is_address
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop
from plugin.shops.service import pseudonym, settings_of, zone_of

By = Member | str
"""Who does it: a member, or whoever is at the command line, by name, and stands above all roles."""


@dataclass(frozen=True)
class Joined:
    """An account just made."""

    member_id: str
    shop_id: str
    email: str
    role: Role


class BadAddress(DomainError):
    status = 422
    code = "bad_address"
    sentence = "No mail can be sent to this address."


class OwnAccount(DomainError):
    status = 409
    code = "own_account"
    sentence = "Nobody changes their own role or removes their own account. Ask a colleague."


class LastOwner(DomainError):
    status = 409
    code = "last_owner"
    sentence = "A shop keeps at least one owner. Make somebody else an owner first."


class AboveOwnRole(DomainError):
    status = 403
    code = "above_own_role"
    sentence = "You can only manage people up to your own role."


def _actor(by: By) -> str:
    return by.actor if isinstance(by, Member) else f"cli:{by}"


def _check_reach(by: By, *roles: str) -> None:
    if isinstance(by, Member) and any(Role(role).rank > by.role.rank for role in roles):
        raise AboveOwnRole(param="role")


async def _lock(tx: Transaction, shop: Shop, by: By, *member_ids: str) -> dict[str, StaffMember]:
    """These accounts and all owners', locked together with that of whoever acts; raises ``NotSignedIn`` where they
    have been removed, or have another role, since their call came in."""
    if not isinstance(by, Member):
        return await lock_with_owners(tx, shop.id, *member_ids)
    people = await lock_with_owners(tx, shop.id, by.id, *member_ids)
    if by.id not in people or people[by.id].role != by.role:
        raise NotSignedIn()
    return people


async def _lock_other(tx: Transaction, shop: Shop, by: By, member_id: str) -> tuple[StaffMember, bool]:
    """Somebody else's account, and whether it is the last owner's; raises ``NotFound``, ``OwnAccount`` and
    ``NotSignedIn``."""
    people = await _lock(tx, shop, by, member_id)
    if member_id not in people:
        raise NotFound(param="member_id")
    if isinstance(by, Member) and by.id == member_id:
        raise OwnAccount()
    owners = [account.id for account in people.values() if account.role == Role.OWNER]
    return people[member_id], owners == [member_id]


def invitation_url(ports: Ports, token: str) -> str:
    return f"{ports.public_url}/admin/invitations/{token}"


async def invite(
    tx: Transaction, ports: Ports, shop: Shop, *, email: str, role: Role, by: By, is_mailed: bool = True
) -> NewInvitation:
    """Invite an address to have an account, by a mail whose link works once; an earlier invitation of it is over.

    ``is_mailed=False`` where whoever invites hands the link over. Raises ``AlreadyStaff``, ``BadAddress``,
    ``AboveOwnRole`` and ``NotSignedIn``.
    """
    at = ports.clock.now()
    standing = [each.role for each in await invitations_of(shop.id, at) if each.email == staff_email(email)]
    _check_reach(by, role, *standing)  # to replace an invitation is to take it back
    if not is_address(email):
        raise BadAddress(param="email")
    await _lock(tx, shop, by)
    if await find_account(shop.id, email):
        raise AlreadyStaff(param="email")
    made = await put_invitation(tx, shop_id=shop.id, email=email, role=role, by=_actor(by), at=at)
    if is_mailed:
        context = _letter(ports, shop, made)
        await mails.queue(tx, ports, shop_id=shop.id, purpose=made.id, recipient=made.email, context=context)
    facts = {"invitation": made.id, "role": role.value, "address": pseudonym(ports.vault, shop, made.email)}
    await audit.record(tx, shop_id=shop.id, order_id=None, kind="staff_invited", actor=_actor(by), at=at, data=facts)
    return made


def _letter(ports: Ports, shop: Shop, made: NewInvitation) -> StaffInvitation:
    settings = settings_of(shop)
    locale = choose_locale(settings.locale)
    return StaffInvitation(
        shop=brand_of(shop, settings, locale.split("-")[0], ports.public_url),
        locale=locale,
        zone=str(zone_of(settings)),
        order_number="",
        role=made.role,
        url=invitation_url(ports, made.token),
        expires_at=made.expires_at,
    )


async def accept(ports: Ports, token: str, password: str) -> Joined:
    """Turn an invitation into an account with this password, which can sign in from now on.

    Raises ``InvitationExpired``, ``WeakPassword`` and, where the address has come in another way, ``AlreadyStaff``.
    """
    at = ports.clock.now()
    invitation = await find_invitation(token, at)
    if invitation is None:
        raise InvitationExpired()
    check_password(password, invitation.email)
    password_hash = await hash_password(password)
    async with transaction(ports.doorbell) as tx:
        taken = await take_invitation(tx, token, at)
        account = await create_account(
            tx, shop_id=taken.shop_id, email=taken.email, role=Role(taken.role), password_hash=password_hash, at=at
        )
        await note(tx, account, "staff_joined", at, invitation=taken.id, role=taken.role, invited_by=taken.invited_by)
    return Joined(account.id, account.shop_id, account.email, Role(account.role))


async def take_back(ports: Ports, shop: Shop, invitation_id: str, by: By) -> None:
    """The invitation opens nothing any more; raises ``NotFound``, ``AboveOwnRole`` and ``NotSignedIn``."""
    at = ports.clock.now()
    async with transaction(ports.doorbell) as tx:
        await _lock(tx, shop, by)
        taken = await withdraw_invitation(tx, shop.id, invitation_id)
        _check_reach(by, taken.role)
        await audit.record(
            tx, shop_id=shop.id, order_id=None, kind="staff_invitation_withdrawn", actor=_actor(by), at=at,
            data={"invitation": taken.id},
        )  # fmt: skip


async def change_role(ports: Ports, shop: Shop, member_id: str, role: Role, by: By) -> None:
    """Another role. Sessions and open invitations of the old one end.

    Raises ``NotFound``, ``OwnAccount``, ``AboveOwnRole``, ``LastOwner`` and ``NotSignedIn``.
    """
    at = ports.clock.now()
    async with transaction(ports.doorbell) as tx:
        account, is_last_owner = await _lock_other(tx, shop, by, member_id)
        _check_reach(by, account.role, role)
        if account.role == role:
            return
        if is_last_owner:
            raise LastOwner()
        await set_role(tx, account.id, role)
        ended = await end_all_sessions(tx, account.id, at)
        await withdraw_invitations_by(tx, shop.id, f"staff:{account.id}")
        await note(
            tx, account, "staff_role_changed", at, _actor(by), was=account.role, role=role.value, sessions_ended=ended
        )


async def remove(ports: Ports, shop: Shop, member_id: str, by: By) -> None:
    """The account is over, with its sessions and the invitations that it sent.

    Raises ``NotFound``, ``OwnAccount``, ``AboveOwnRole``, ``LastOwner`` and ``NotSignedIn``.
    """
    at = ports.clock.now()
    async with transaction(ports.doorbell) as tx:
        account, is_last_owner = await _lock_other(tx, shop, by, member_id)
        _check_reach(by, account.role)
        if is_last_owner:
            raise LastOwner()
        await set_removed(tx, account.id, at)
        ended = await end_all_sessions(tx, account.id, at)
        await withdraw_invitations_by(tx, shop.id, f"staff:{account.id}")
        await note(tx, account, "staff_removed", at, _actor(by), was=account.role, sessions_ended=ended)


async def reset_authenticator(ports: Ports, shop: Shop, member_id: str, by: str) -> None:
    """Somebody has lost their authenticator and all recovery codes: from now on the password will do. Every session
    ends. Raises ``NotFound``."""
    at = ports.clock.now()
    async with transaction(ports.doorbell) as tx:
        account = await lock_account(tx, shop.id, member_id)
        await end_totp(tx, account.id)
        await end_all_sessions(tx, account.id, at)
        await note(tx, account, "staff_authenticator_reset", at, _actor(by))
