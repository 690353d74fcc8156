"""Giving store credit, showing its code, taking it back, and letting it end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from plugin.core.ids import new_id, readable_code, token_hash
from plugin.core.readable import CODE_LENGTH, grouped
from plugin.core.vault import Vault
from plugin.credit import ledger
from plugin.credit.models import Credit
from plugin.credit.refusals import CreditAtStore, CreditExpired, CreditRevoked
from plugin.credit.states import CreditState, EntryKind
from plugin.credit.store import credit_of_id, credits_due, find_credit_of_case
from plugin.db import Transaction, transaction
from plugin.ports.runtime import Ports

GIVE_CREDIT = "give_credit"  # the kind of work: the store is asked to give credit of its own
_FIELD = "credit"
_BATCH = 100


def show(vault: Vault, credit: Credit) -> str:
    """The code as the shopper reads it, opened for a mail or a page."""
    return grouped(vault.open(credit.sealed_code, tenant=credit.shop_id, field=_FIELD))


@dataclass(frozen=True)
class Given:
    """What a case was answered with: ``amount`` with the ``bonus`` in it. ``code`` is None where the store keeps it."""

    currency: str
    amount: int
    bonus: int
    code: str | None
    expires_at: datetime | None


async def given_in(tx: Transaction, vault: Vault, case_id: str) -> Given | None:
    """What a case has brought of store credit, as its mail says it."""
    credit = await find_credit_of_case(case_id, tx=tx)
    if credit is None:
        return None
    (sums,) = await tx.rows(
        "SELECT sum(amount)::bigint AS amount, COALESCE(sum(amount) FILTER (WHERE kind = 'bonus'), 0)::bigint AS bonus "
        "FROM credit_entries WHERE credit_id = $1 AND kind IN ('grant', 'bonus')",
        credit.id,
    )
    code = show(vault, credit) if credit.authority == "ledger" else None
    return Given(credit.currency, sums["amount"], sums["bonus"], code, credit.expires_at)


async def issue(
    tx: Transaction,
    *,
    vault: Vault,
    shop_id: str,
    order_id: str,
    case_id: str,
    customer_hash: str | None,
    currency: str,
    amount: int,
    bonus: int,
    expires_at: datetime | None,
    authority: Literal["ledger", "store"],
    at: datetime,
) -> Credit:
    """Give what a case owes as credit, once a case: the credit that it was given already comes back unchanged.

    The caller holds the locks of the order and the case. ``amount`` and ``bonus`` are minor units, of which the bonus
    is an entry of its own.
    """
    given = await find_credit_of_case(case_id, tx=tx)
    if given is not None:
        return given
    letters = readable_code(CODE_LENGTH)
    credit = await Credit.create(
        using_db=tx.connection,
        id=new_id("cred"),
        shop_id=shop_id,
        order_id=order_id,
        case_id=case_id,
        customer_hash=customer_hash,
        code_hash=token_hash(letters),
        sealed_code=vault.seal(letters, tenant=shop_id, field=_FIELD),
        currency=currency,
        state=CreditState.LIVE.value,
        authority=authority,
        expires_at=expires_at,
        issued_at=at,
    )
    for kind, worth in ((EntryKind.GRANT, amount), (EntryKind.BONUS, bonus)):
        if worth:
            await ledger.enter(tx, credit, kind, worth, f"{kind}:{case_id}", at=at)
    return credit


async def revoke(tx: Transaction, shop_id: str, credit_id: str, *, actor: str, at: datetime) -> Credit:
    """A person takes back what is left of a credit; raises ``NotFound`` and ``CreditRefused`` where it is over."""
    credit = await ledger.lock_credit(tx, await credit_of_id(shop_id, credit_id, tx=tx))
    if credit.authority != "ledger":
        raise CreditAtStore(detail="The store keeps this credit: take it back in the store's admin.", param="credit_id")
    await ledger.bring_up_to_date(tx, credit, at)
    if not await ledger.take_back(tx, credit, actor=actor, at=at):
        raise (CreditExpired if credit.state == CreditState.EXPIRED else CreditRevoked)(param="credit_id")
    return credit


async def forget_owner(tx: Transaction, order_id: str, customer_hash: str | None) -> None:
    """The customer of an order is erased. The credits that it has earned stay: they are money owed, and whoever has
    their code may spend it. What a gift's receiver was given stays theirs. The caller holds the order's lock."""
    await tx.execute(
        "UPDATE credits SET customer_hash = NULL WHERE order_id = $1 AND customer_hash = $2", order_id, customer_hash
    )


async def reseal_credits(vault: Vault, shop_id: str) -> int:
    """Seal a shop's credit codes anew under the newest key; returns how many were under an older one."""
    done = 0
    for credit in await Credit.filter(shop_id=shop_id).only("id", "sealed_code"):
        if vault.needs_resealing(credit.sealed_code):
            opened = vault.open(credit.sealed_code, tenant=shop_id, field=_FIELD)
            await Credit.filter(id=credit.id).update(sealed_code=vault.seal(opened, tenant=shop_id, field=_FIELD))
            done += 1
    return done


async def end_due(ports: Ports) -> int:
    """Housekeeping: free timed-out holds, and end what is left of credits whose day has come; how many were looked at.

    Each in a transaction of its own, under its order's lock.
    """
    at = ports.clock.now()
    due = await credits_due(at, _BATCH)
    for credit in due:
        async with transaction(ports.doorbell) as tx:
            await ledger.bring_up_to_date(tx, await ledger.lock_credit(tx, credit), at)
    return len(due)
