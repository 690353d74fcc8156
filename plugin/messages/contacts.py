"""What shoppers have written to the shop's people: kept sealed, whether or not a mail can tell anybody of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from plugin.core.ids import new_id
from plugin.core.vault import Vault
from plugin.db import Transaction, rows
from plugin.messages.models import Contact

_FIELD = "contact"


@dataclass(frozen=True)
class Waiting:
    """A shopper's message, opened: about which order, where to answer and until when."""

    id: str
    order_number: str
    email: str | None
    message: str
    answers_by: datetime
    created_at: datetime


async def keep(
    tx: Transaction, vault: Vault, *, shop_id: str, order_id: str, message: str, answers_by: datetime, at: datetime
) -> str:
    """Keep a message; returns its id."""
    contact_id = new_id("ask")
    sealed = vault.seal(message, tenant=shop_id, field=_FIELD)
    await tx.execute(
        "INSERT INTO contacts (id, shop_id, order_id, sealed_message, answers_by, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        contact_id, shop_id, order_id, sealed, answers_by, at,
    )  # fmt: skip
    return contact_id


async def newest_contacts(vault: Vault, shop_id: str, limit: int = 100) -> Sequence[Waiting]:
    """The shop's messages, the newest first."""
    found = await rows(
        "SELECT c.id, o.number, o.email, c.sealed_message, c.answers_by, c.created_at FROM contacts c "
        "JOIN orders o ON o.id = c.order_id WHERE c.shop_id = $1 ORDER BY c.created_at DESC, c.id DESC LIMIT $2",
        shop_id,
        limit,
    )
    return [
        Waiting(
            row["id"], row["number"], row["email"], vault.open(row["sealed_message"], tenant=shop_id, field=_FIELD),
            row["answers_by"], row["created_at"],
        )
        for row in found
    ]  # fmt: skip


async def reseal_contacts(vault: Vault, shop_id: str) -> int:
    """Seal a shop's messages anew under the newest key; returns how many were under an older one."""
    done = 0
    for contact in await Contact.filter(shop_id=shop_id).only("id", "sealed_message"):
        if vault.needs_resealing(contact.sealed_message):
            opened = vault.open(contact.sealed_message, tenant=shop_id, field=_FIELD)
            await Contact.filter(id=contact.id).update(sealed_message=vault.seal(opened, tenant=shop_id, field=_FIELD))
            done += 1
    return done


async def contacts_of(vault: Vault, shop_id: str, order_id: str) -> Sequence[tuple[datetime, str]]:
    """When and what the shopper of one order has written, the oldest first."""
    found = await rows(
        "SELECT created_at, sealed_message FROM contacts WHERE shop_id = $1 AND order_id = $2 ORDER BY created_at, id",
        shop_id, order_id,
    )  # fmt: skip
    return [(row["created_at"], vault.open(row["sealed_message"], tenant=shop_id, field=_FIELD)) for row in found]


async def forget_old_contacts(tx: Transaction, shop_id: str, before: datetime, limit: int) -> int:
    """Delete some of what shoppers wrote before; how many messages."""
    return await tx.execute(
        "DELETE FROM contacts WHERE id IN (SELECT id FROM contacts WHERE shop_id = $1 AND created_at < $2 LIMIT $3)",
        shop_id, before, limit,
    )  # fmt: skip


async def forget_contacts(tx: Transaction, order_id: str) -> None:
    """Delete what the shopper of an order has written."""
    await tx.execute("DELETE FROM contacts WHERE order_id = $1", order_id)
