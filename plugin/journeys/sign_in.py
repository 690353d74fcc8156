"""A person of the shop signs in, shows again who they are, and looks after their password and their authenticator.

An unknown address and a wrong password take the same time and get the same answer. Tries are counted before anything is
looked at, by the caller's address and by the account. Who guesses at somebody's account from elsewhere uses up the
tries of strange addresses only: from where its owner has signed in of late, the owner still gets in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.access import rate
from plugin.access.accounts import (
    begin_totp,
    end_totp,
    find_account,
    get_account,
    lock_account,
    offer_totp,
    open_totp,
    seal_totp,
    set_password,
    staff_email,
    use_recovery_code,
    use_step,
)
from plugin.access.models import StaffMember
from plugin.access.passwords import check_password, fits, hash_password, needs_rehash
from plugin.access.staff import (
    Member,
    OpenedStaffSession,
    end_all_sessions,
    end_session,
    is_known_address,
    mark_proved,
    open_session,
)
from plugin.access.totp import enrolment_uri, matching_step, new_secret
from plugin.audit import service as audit
from plugin.audit.chain import Fact
from plugin.core.errors import DomainError, NotFound
from plugin.core.ids import token_hash
from plugin.db import Transaction, transaction
from plugin.ports.runtime import Ports
from plugin.shops.models import Shop

# Each an hour: by one address at all accounts, by one address at one account, and by all strange addresses at one.
PER_CALLER, PER_CALLER_AND_ACCOUNT, BY_STRANGERS = 60, 15, 60
CODES_BY_STRANGERS_A_DAY = 10  # from all strange addresses together: of a million codes, three fit at any moment
PROOFS = 15


class WrongCredentials(DomainError):
    status = 401
    code = "wrong_credentials"
    sentence = "This address and password do not fit each other."


class CodeNeeded(DomainError):
    status = 401
    code = "code_needed"
    sentence = "Please add the code that your authenticator shows, or a recovery code."


class WrongProof(DomainError):
    status = 403
    code = "wrong_proof"
    sentence = "This password or code does not fit."


class AuthenticatorOn(DomainError):
    status = 409
    code = "authenticator_on"
    sentence = "An authenticator is set up already. Take it off first."


class AuthenticatorOff(DomainError):
    status = 409
    code = "authenticator_off"
    sentence = "No authenticator is set up, or none waits to be confirmed."


@dataclass(frozen=True)
class Credentials:
    """What somebody shows to sign in. ``code`` is an authenticator's, or a recovery code."""

    shop_id: str
    email: str
    password: str
    code: str | None = None


@dataclass(frozen=True)
class Offer:
    """An authenticator to be confirmed: its secret in base 32, and the same as a QR code says it."""

    secret: str
    uri: str


async def note(
    tx: Transaction, member: Member | StaffMember, kind: str, at: datetime, by: str | None = None, **data: Fact
) -> None:
    """Write into the shop's audit what was done to a member's account, by themselves or by somebody else."""
    facts = {"member": member.id, **data}
    actor = by or f"staff:{member.id}"
    await audit.record(tx, shop_id=member.shop_id, order_id=None, kind=kind, actor=actor, at=at, data=facts)


async def sign_in(ports: Ports, shown: Credentials, *, caller: str, agent: str) -> OpenedStaffSession:
    """Open a session; raises ``WrongCredentials``, ``CodeNeeded`` and ``TooMany``.

    ``caller`` is the caller's address (IPv6: its /64), ``agent`` what their browser calls itself.
    """
    at = ports.clock.now()
    await _count_try(shown, caller, at)
    account = await find_account(shown.shop_id, shown.email)
    if not await fits(account.password_hash if account else None, shown.password) or account is None:
        raise WrongCredentials()
    fresh_hash = await hash_password(shown.password) if needs_rehash(account.password_hash) else None
    if account.sealed_totp is not None and shown.code is not None:
        await _count_code(account.id, shown, caller, at)
    async with transaction(ports.doorbell) as tx:
        try:
            locked = await lock_account(tx, account.shop_id, account.id)
        except NotFound as removed:
            raise WrongCredentials() from removed
        if locked.password_hash != account.password_hash:  # changed between the look and the lock
            raise WrongCredentials()
        if locked.sealed_totp is not None:
            if shown.code is None:
                raise CodeNeeded(param="code")
            if not await _counts(tx, ports, locked, shown.code, at):
                raise WrongCredentials(param="code")
        if fresh_hash is not None:
            await set_password(tx, locked.id, fresh_hash)
        opened = await open_session(tx, locked, address=caller, agent=agent, at=at)
        await note(tx, locked, "staff_signed_in", at, session=opened.member.session_id)
    return opened


async def _count_try(shown: Credentials, caller: str, at: datetime) -> None:
    account = token_hash(f"{shown.shop_id}:{staff_email(shown.email)}")
    await rate.count(f"staff:caller:{caller}", limit=PER_CALLER, at=at)
    await rate.count(f"staff:both:{account}:{caller}", limit=PER_CALLER_AND_ACCOUNT, at=at)
    if not await is_known_address(shown.shop_id, staff_email(shown.email), caller):
        await rate.count(f"staff:strange:{account}", limit=BY_STRANGERS, at=at)


async def _count_code(member_id: str, shown: Credentials, caller: str, at: datetime) -> None:
    """Whoever gets here knows the password, and all that is left to guess is six digits."""
    if not await is_known_address(shown.shop_id, staff_email(shown.email), caller):
        key = f"staff:code:{member_id}"
        await rate.count(key, limit=CODES_BY_STRANGERS_A_DAY, at=at, per=timedelta(days=1))


async def _counts(tx: Transaction, ports: Ports, account: StaffMember, code: str, at: datetime) -> bool:
    """Whether the code is the authenticator's now, or a recovery code; either counts once."""
    if account.sealed_totp is None:
        return False
    step = matching_step(open_totp(ports.vault, account, account.sealed_totp), code, at)
    if step is not None:
        return await use_step(tx, account.id, step)
    if not await use_recovery_code(tx, account.id, code):
        return False
    await note(tx, account, "staff_recovery_code_used", at)
    return True


async def sign_out(ports: Ports, member: Member) -> None:
    """End this session."""
    await revoke_session(ports, member, member.session_id)


async def revoke_session(ports: Ports, member: Member, session_id: str) -> None:
    """End one of the member's own sessions; raises ``NotFound``."""
    at = ports.clock.now()
    async with transaction(ports.doorbell) as tx:
        if not await end_session(tx, member.id, session_id, at):
            raise NotFound(param="session_id")
        await note(tx, member, "staff_session_ended", at, session=session_id)


async def prove(ports: Ports, member: Member, *, password: str | None, code: str | None) -> datetime:
    """The member shows again who they are, by either; returns when. Raises ``WrongProof`` and ``TooMany``."""
    at = ports.clock.now()
    await rate.count(f"staff:prove:{member.id}", limit=PROOFS, at=at)
    account = await get_account(member.shop_id, member.id)
    if password is not None and not await fits(account.password_hash, password):
        raise WrongProof(param="password")
    async with transaction(ports.doorbell) as tx:
        if password is None and not (code and await _counts(tx, ports, account, code, at)):
            raise WrongProof(param="code")
        await mark_proved(tx, member.session_id, at)
    return at


async def change_password(ports: Ports, member: Member, *, current: str, new: str) -> None:
    """Another password; every other session of the member ends.

    Raises ``WrongProof``, ``WeakPassword`` and ``TooMany``.
    """
    at = ports.clock.now()
    check_password(new, member.email)
    await rate.count(f"staff:prove:{member.id}", limit=PROOFS, at=at)
    account = await get_account(member.shop_id, member.id)
    if not await fits(account.password_hash, current):
        raise WrongProof(param="current")
    fresh_hash = await hash_password(new)
    async with transaction(ports.doorbell) as tx:
        locked = await lock_account(tx, member.shop_id, member.id)
        if locked.password_hash != account.password_hash:
            raise WrongProof(param="current")
        await set_password(tx, locked.id, fresh_hash)
        ended = await end_all_sessions(tx, locked.id, at, but=member.session_id)
        await mark_proved(tx, member.session_id, at)
        await note(tx, locked, "staff_password_changed", at, sessions_ended=ended)


async def offer_authenticator(ports: Ports, member: Member, shop: Shop) -> Offer:
    """A new secret to put into an authenticator, which counts once it is confirmed; raises ``AuthenticatorOn``."""
    secret = new_secret()
    async with transaction(ports.doorbell) as tx:
        account = await lock_account(tx, member.shop_id, member.id)
        if account.sealed_totp is not None:
            raise AuthenticatorOn()
        await offer_totp(tx, account.id, seal_totp(ports.vault, account, secret))
    return Offer(secret, enrolment_uri(secret, issuer=shop.name, account=member.email))


async def confirm_authenticator(ports: Ports, member: Member, code: str) -> tuple[str, ...]:
    """The offered secret is in the authenticator, as its code shows; returns recovery codes, which are shown once.

    Raises ``AuthenticatorOff`` where none was offered, ``WrongProof`` and ``TooMany``.
    """
    at = ports.clock.now()
    await rate.count(f"staff:prove:{member.id}", limit=PROOFS, at=at)
    async with transaction(ports.doorbell) as tx:
        account = await lock_account(tx, member.shop_id, member.id)
        if account.sealed_totp_offer is None:
            raise AuthenticatorOff()
        step = matching_step(open_totp(ports.vault, account, account.sealed_totp_offer), code, at)
        if step is None or step <= account.totp_step:
            raise WrongProof(param="code")
        codes = await begin_totp(tx, account, step)
        await end_all_sessions(tx, account.id, at, but=member.session_id)
        await note(tx, account, "staff_authenticator_on", at)
    return codes


async def remove_authenticator(ports: Ports, member: Member, code: str) -> None:
    """No authenticator any more; its own code or a recovery code says so. Raises ``AuthenticatorOff``, ``WrongProof``,
    ``TooMany``."""
    at = ports.clock.now()
    await rate.count(f"staff:prove:{member.id}", limit=PROOFS, at=at)
    async with transaction(ports.doorbell) as tx:
        account = await lock_account(tx, member.shop_id, member.id)
        if account.sealed_totp is None:
            raise AuthenticatorOff()
        if not await _counts(tx, ports, account, code, at):
            raise WrongProof(param="code")
        await end_totp(tx, account.id)
        await note(tx, account, "staff_authenticator_off", at)
