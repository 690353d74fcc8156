"""The accounts of a shop's people and the invitations to have one: all queries about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.access.models import StaffInvitation, StaffMember
from plugin.access.roles import Role
from plugin.access.totp import RECOVERY_CODES, RECOVERY_LENGTH
from plugin.core.errors import DomainError, NotFound
from plugin.core.ids import new_id, new_token, readable_code, token_hash
from plugin.core.vault import Vault
from plugin.db import Transaction, columns, made_of, read

INVITATION_LASTS = timedelta(days=3)


class AlreadyStaff(DomainError):
    status = 409
    code = "already_staff"
    sentence = "This address has an account at this shop already."


class InvitationExpired(DomainError):
    status = 410
    code = "invitation_expired"
    sentence = "This invitation is no longer valid. Ask for a new one."


@dataclass(frozen=True)
class NewInvitation:
    """An invitation just made; the token is shown once."""

    id: str
    token: str
    email: str
    role: Role
    expires_at: datetime


def staff_email(email: str) -> str:
    """How an address is compared and stored."""
    return email.strip().lower()


async def find_account(shop_id: str, email: str) -> StaffMember | None:
    """The live account of this address at this shop."""
    found = await read(
        StaffMember, "WHERE shop_id = $1 AND email = $2 AND removed_at IS NULL", shop_id, staff_email(email)
    )
    return found[0] if found else None


async def get_account(shop_id: str, member_id: str) -> StaffMember:
    """A live account of this shop; raises ``NotFound``."""
    found = await read(StaffMember, "WHERE id = $1 AND shop_id = $2 AND removed_at IS NULL", member_id, shop_id)
    if not found:
        raise NotFound(param="member_id")
    return found[0]


async def lock_account(tx: Transaction, shop_id: str, member_id: str) -> StaffMember:
    """The live account, locked until the transaction ends; raises ``NotFound``."""
    found = await read(
        StaffMember, "WHERE id = $1 AND shop_id = $2 AND removed_at IS NULL FOR UPDATE", member_id, shop_id, tx=tx
    )
    if not found:
        raise NotFound(param="member_id")
    return found[0]


async def lock_with_owners(tx: Transaction, shop_id: str, *member_ids: str) -> dict[str, StaffMember]:
    """Those of these accounts that are live, and those of all owners, by their ids; all of them locked, so that two
    people who remove each other are one after the other."""
    found = await read(
        StaffMember,
        "WHERE shop_id = $1 AND removed_at IS NULL AND (id = ANY($2) OR role = 'owner') ORDER BY id FOR UPDATE",
        shop_id, list(member_ids), tx=tx,
    )  # fmt: skip
    return {account.id: account for account in found}


async def accounts_of(shop_id: str) -> list[StaffMember]:
    """The live accounts of a shop, the oldest first."""
    return await read(StaffMember, "WHERE shop_id = $1 AND removed_at IS NULL ORDER BY created_at, id", shop_id)


async def create_account(
    tx: Transaction, *, shop_id: str, email: str, role: Role, password_hash: str, at: datetime
) -> StaffMember:
    """A new account; raises ``AlreadyStaff``."""
    made = await tx.rows(
        "INSERT INTO staff_members (id, shop_id, email, role, password_hash, totp_step, created_at) "  # noqa: S608
        "VALUES ($1, $2, $3, $4, $5, 0, $6) ON CONFLICT (shop_id, email) WHERE removed_at IS NULL DO NOTHING "
        f"RETURNING {columns(StaffMember)}",
        new_id("stf"), shop_id, staff_email(email), role.value, password_hash, at,
    )  # fmt: skip
    if not made:
        raise AlreadyStaff(param="email")
    return made_of(StaffMember, made[0])


async def set_password(tx: Transaction, member_id: str, password_hash: str) -> None:
    await tx.execute("UPDATE staff_members SET password_hash = $2 WHERE id = $1", member_id, password_hash)


async def set_role(tx: Transaction, member_id: str, role: Role) -> None:
    await tx.execute("UPDATE staff_members SET role = $2 WHERE id = $1", member_id, role.value)


async def set_removed(tx: Transaction, member_id: str, at: datetime) -> None:
    """The account opens nothing any more. Its row stays as the name behind what the audit says of it."""
    await tx.execute(
        "UPDATE staff_members SET removed_at = $2, password_hash = '', sealed_totp = NULL, sealed_totp_offer = NULL "
        "WHERE id = $1",
        member_id, at,
    )  # fmt: skip
    await tx.execute("DELETE FROM staff_recovery_codes WHERE member_id = $1", member_id)


def seal_totp(vault: Vault, account: StaffMember, secret: str) -> str:
    return vault.seal(secret, tenant=account.shop_id, field=f"totp:{account.id}")


def open_totp(vault: Vault, account: StaffMember, sealed: str) -> str:
    return vault.open(sealed, tenant=account.shop_id, field=f"totp:{account.id}")


async def reseal_totps(vault: Vault, shop_id: str) -> int:
    """Seal the authenticators' secrets anew under the newest key; returns how many were under an older one."""
    done = 0
    for account in await accounts_of(shop_id):
        for column in ("sealed_totp", "sealed_totp_offer"):
            sealed = getattr(account, column)
            if sealed is not None and vault.needs_resealing(sealed):
                fresh = seal_totp(vault, account, open_totp(vault, account, sealed))
                # Only where it still is what was read: somebody may be setting up another authenticator.
                done += await StaffMember.filter(id=account.id, **{column: sealed}).update(**{column: fresh})
    return done


async def offer_totp(tx: Transaction, member_id: str, sealed: str) -> None:
    """Keep a secret that counts once its holder has confirmed it."""
    await tx.execute("UPDATE staff_members SET sealed_totp_offer = $2 WHERE id = $1", member_id, sealed)


async def begin_totp(tx: Transaction, account: StaffMember, step: int) -> tuple[str, ...]:
    """The offered secret counts from now on; the code of ``step`` has been used. Returns fresh recovery codes."""
    await tx.execute(
        "UPDATE staff_members SET sealed_totp = sealed_totp_offer, sealed_totp_offer = NULL, totp_step = $2 "
        "WHERE id = $1",
        account.id, step,
    )  # fmt: skip
    await tx.execute("DELETE FROM staff_recovery_codes WHERE member_id = $1", account.id)
    codes = tuple(readable_code(RECOVERY_LENGTH) for _ in range(RECOVERY_CODES))
    for code in codes:
        await tx.execute(
            "INSERT INTO staff_recovery_codes (id, shop_id, member_id, code_hash) VALUES ($1, $2, $3, $4)",
            new_id("rec"), account.shop_id, account.id, _recovery_hash(account.id, code),
        )  # fmt: skip
    return tuple("-".join(code[i : i + 4] for i in range(0, RECOVERY_LENGTH, 4)) for code in codes)


async def end_totp(tx: Transaction, member_id: str) -> None:
    """No authenticator any more, and no recovery codes. Codes that were used stay used."""
    await tx.execute("UPDATE staff_members SET sealed_totp = NULL, sealed_totp_offer = NULL WHERE id = $1", member_id)
    await tx.execute("DELETE FROM staff_recovery_codes WHERE member_id = $1", member_id)


async def use_step(tx: Transaction, member_id: str, step: int) -> bool:
    """Count the code of this time step; False where it, or a later one, has counted before."""
    sql = "UPDATE staff_members SET totp_step = $2 WHERE id = $1 AND totp_step < $2"
    return await tx.execute(sql, member_id, step) > 0


async def use_recovery_code(tx: Transaction, member_id: str, code: str) -> bool:
    """Use a recovery code up; False where it is none, or was used."""
    plain = code.upper().replace("-", "").replace(" ", "")
    sql = "DELETE FROM staff_recovery_codes WHERE member_id = $1 AND code_hash = $2"
    return await tx.execute(sql, member_id, _recovery_hash(member_id, plain)) > 0


def _recovery_hash(member_id: str, code: str) -> str:
    return token_hash(f"{member_id}:{code}")


async def put_invitation(
    tx: Transaction, *, shop_id: str, email: str, role: Role, by: str, at: datetime
) -> NewInvitation:
    """Invite an address; an open invitation of the same address opens nothing any more."""
    made = NewInvitation(new_id("inv"), new_token("invite"), staff_email(email), role, at + INVITATION_LASTS)
    await tx.execute(
        "INSERT INTO staff_invitations (id, token_hash, shop_id, email, role, invited_by, expires_at, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (shop_id, email) DO UPDATE SET id = $1, "
        "token_hash = $2, role = $5, invited_by = $6, expires_at = $7, created_at = $8",
        made.id, token_hash(made.token), shop_id, made.email, role.value, by, made.expires_at, at,
    )  # fmt: skip
    return made


async def find_invitation(token: str, at: datetime) -> StaffInvitation | None:
    """The open invitation behind a token. Looking changes nothing: mail scanners look, too."""
    found = await read(StaffInvitation, "WHERE token_hash = $1 AND expires_at > $2", token_hash(token), at)
    return found[0] if found else None


async def take_invitation(tx: Transaction, token: str, at: datetime) -> StaffInvitation:
    """Use the invitation up; raises ``InvitationExpired``."""
    taken = await tx.rows(
        f"DELETE FROM staff_invitations WHERE token_hash = $1 AND expires_at > $2 RETURNING {columns(StaffInvitation)}",  # noqa: S608
        token_hash(token),
        at,
    )
    if not taken:
        raise InvitationExpired()
    return made_of(StaffInvitation, taken[0])


async def invitations_of(shop_id: str, at: datetime) -> list[StaffInvitation]:
    """The open invitations of a shop, the oldest first."""
    return await read(
        StaffInvitation, "WHERE shop_id = $1 AND expires_at > $2 ORDER BY created_at, id", shop_id, at
    )  # fmt: skip


async def withdraw_invitation(tx: Transaction, shop_id: str, invitation_id: str) -> StaffInvitation:
    """Take an invitation back; raises ``NotFound``."""
    taken = await tx.rows(
        f"DELETE FROM staff_invitations WHERE id = $1 AND shop_id = $2 RETURNING {columns(StaffInvitation)}",  # noqa: S608
        invitation_id,
        shop_id,
    )
    if not taken:
        raise NotFound(param="invitation_id")
    return made_of(StaffInvitation, taken[0])


async def withdraw_invitations_by(tx: Transaction, shop_id: str, by: str) -> int:
    """Take back whatever this person has offered: they may offer it no more."""
    return await tx.execute("DELETE FROM staff_invitations WHERE shop_id = $1 AND invited_by = $2", shop_id, by)


async def forget_invitations(at: datetime) -> int:
    """Delete invitations that are over."""
    return await StaffInvitation.filter(expires_at__lt=at).delete()
