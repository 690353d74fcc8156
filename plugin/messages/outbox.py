"""The mail outbox (I13): a mail is queued in the transaction that makes it true, and rendered when it is sent.

One mail per purpose. A mail whose taking is unknown is sent again under the same Message-ID: better twice than never,
and a mail server that knows the id drops the second.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from plugin.core.ids import new_id
from plugin.core.points import point
from plugin.core.vault import Vault
from plugin.db import Transaction, columns, made_of, read, rows, transaction
from plugin.messages.contexts import MailContext
from plugin.messages.models import Mail
from plugin.messages.render import message_id, render, template_name, to_envelope
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim, Later
from plugin.ports.mail import MailDeferred, MailRefused, MailUnknown
from plugin.ports.runtime import Ports

SEND_MAIL = "send_mail"
_UNDER_WAY = ("queued", "inflight", "unknown")
FORGOTTEN = "{}"  # what is left of the context of a mail whose text is gone


async def queue(
    tx: Transaction,
    ports: Ports,
    *,
    shop_id: str,
    purpose: str,
    recipient: str,
    context: MailContext,
    order_id: str | None = None,
    case_id: str | None = None,
) -> str | None:
    """Queue a mail once per ``purpose``; None when it was queued before. The context is sealed: it may hold a link."""
    mail_id = new_id("mail")
    sealed = ports.vault.seal(msgspec.json.encode(context).decode(), tenant=shop_id, field=f"mail:{purpose}")
    written = await tx.rows(
        "INSERT INTO mails (id, shop_id, order_id, case_id, template, purpose, recipient, locale, sealed_context, "
        "message_id, state, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'queued', $11) "
        "ON CONFLICT (shop_id, purpose) DO NOTHING RETURNING id",
        mail_id, shop_id, order_id, case_id, template_name(context), purpose, recipient, context.locale, sealed,
        message_id(mail_id, urlsplit(ports.public_url).hostname or "localhost"), ports.clock.now(),
    )  # fmt: skip
    if not written:
        return None
    await outbox.add(tx, shop_id=shop_id, kind=SEND_MAIL, ref=mail_id)
    return mail_id


async def belong_to_order(tx: Transaction, shop_id: str, begins: str, order_id: str) -> None:
    """Mails whose purpose begins so are about this order, as is known only now: they are exported and forgotten with
    it."""
    await tx.execute(
        "UPDATE mails SET order_id = $3 WHERE shop_id = $1 AND starts_with(purpose, $2) AND order_id IS NULL",
        shop_id, begins, order_id,
    )  # fmt: skip


async def find_by_purpose(shop_id: str, purpose: str) -> Mail | None:
    """The mail of this purpose, if it was queued."""
    found = await read(Mail, "WHERE shop_id = $1 AND purpose = $2", shop_id, purpose)
    return found[0] if found else None


async def send_mail(ports: Ports, claim: Claim) -> None:
    """Work: render the mail and hand it to the transport."""
    point("before mail_claimed")
    mail = await _take(claim)
    point("after mail_claimed")
    if mail.state in ("sent", "refused"):
        await _settle(ports, claim, mail, mail.state, mail.sent_at)
        return
    opened = ports.vault.open(mail.sealed_context, tenant=mail.shop_id, field=f"mail:{mail.purpose}")
    context: MailContext = msgspec.json.decode(opened, type=MailContext)
    envelope = to_envelope(
        context,
        render(context),
        mail_id=mail.id,
        domain=mail.message_id.rpartition("@")[2].rstrip(">"),
        sender=ports.mail_sender,
        recipient=mail.recipient,
    )
    claim.check_may_send()
    try:
        point("before smtp_accepted")
        await ports.mail.send(envelope, begin_within=claim.may_wait())
        point("after smtp_accepted")
    except MailDeferred as deferred:
        await _note(mail, "queued", str(deferred))
        raise Later(outbox.back_off(claim.attempts), "the mail server wants it later; see the mail's row") from deferred
    except MailUnknown as unknown:
        await _note(mail, "unknown", str(unknown))
        raise Later(outbox.back_off(claim.attempts), "whether it was taken is unknown; see the mail's row") from unknown
    except MailRefused as refused:
        await _settle(ports, claim, mail, "refused", None, error=str(refused)[:300])
        return
    await _settle(ports, claim, mail, "sent", ports.clock.now())


async def _take(claim: Claim) -> Mail:
    """Read the mail, and write down that it is under way unless it has come to its end."""
    (mail,) = await rows(
        "UPDATE mails SET state = CASE WHEN state IN ('queued', 'unknown') THEN 'inflight' ELSE state END "  # noqa: S608
        f"WHERE id = $1 AND shop_id = $2 RETURNING {columns(Mail)}",
        claim.ref, claim.shop_id,
    )  # fmt: skip
    return made_of(Mail, mail)


async def _note(mail: Mail, state: str, error: str) -> None:
    """Only while it is in flight: another process may have sent it since, if this one lost its lease unawares."""
    await Mail.filter(id=mail.id, state="inflight").update(state=state, last_error=error[:300])


async def _settle(
    ports: Ports, claim: Claim, mail: Mail, state: str, sent_at: datetime | None, *, error: str | None = None
) -> None:
    async with transaction(ports.doorbell, step="sent_committed") as tx:
        await tx.execute(
            "UPDATE mails SET state = $2, sent_at = $3, last_error = $4 WHERE id = $1", mail.id, state, sent_at, error
        )
        await outbox.complete(tx, claim)


async def reseal_mails(vault: Vault, shop_id: str) -> int:
    """Seal the contexts of a shop's mails anew under the newest key; returns how many were under an older one."""
    done = 0
    for mail in await Mail.filter(shop_id=shop_id).only("id", "purpose", "sealed_context"):
        if vault.needs_resealing(mail.sealed_context):
            field = f"mail:{mail.purpose}"
            opened = vault.open(mail.sealed_context, tenant=shop_id, field=field)
            await Mail.filter(id=mail.id).update(sealed_context=vault.seal(opened, tenant=shop_id, field=field))
            done += 1
    return done


async def mails_of_person(order_id: str) -> list[Mail]:
    """The mails about an order, the oldest first, but for those about cases of the receiver of a gift: what went there
    is the receiver's, and holds the code of their credit."""
    return await read(
        Mail,
        "WHERE order_id = $1 "
        "AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.id = case_id AND c.asked_by = 'receiver') "
        "ORDER BY created_at, id",
        order_id,
    )


async def mails_by_state() -> dict[str, int]:
    """How many mails are in each state, for the metrics."""
    return {row["state"]: row["n"] for row in await rows("SELECT state, count(*) AS n FROM mails GROUP BY state")}


async def forget_old_mails(tx: Transaction, vault: Vault, shop_id: str, before: datetime, limit: int) -> int:
    """Empty some mails that came to their end before, as ``forget_mails`` does; how many."""
    old = await read(
        Mail, "WHERE shop_id = $1 AND state IN ('sent', 'refused') AND created_at < $2 AND recipient <> '' "
        "ORDER BY created_at LIMIT $3", shop_id, before, limit, tx=tx,
    )  # fmt: skip
    for mail in old:
        await _empty(tx, vault, mail)
    return len(old)


async def forget_mails(tx: Transaction, vault: Vault, order_id: str) -> None:
    """Empty an order's mails, which have all come to their end: to whom they went and what they said. The rows stay, so
    that none of them is written a second time."""
    for mail in await read(Mail, "WHERE order_id = $1 ORDER BY id", order_id, tx=tx):
        await _empty(tx, vault, mail)


async def forget_mails_of(tx: Transaction, vault: Vault, shop_id: str, begins: str) -> None:
    """Empty those whose purpose begins so, which have all come to their end, whatever they are about."""
    for mail in await _mails_of(tx, shop_id, begins):
        await _empty(tx, vault, mail)


async def is_mail_of_under_way(tx: Transaction, shop_id: str, begins: str) -> bool:
    """Whether one whose purpose begins so has been neither sent nor refused."""
    return any(mail.state in _UNDER_WAY for mail in await _mails_of(tx, shop_id, begins))


async def _mails_of(tx: Transaction, shop_id: str, begins: str) -> list[Mail]:
    ends = begins[:-1] + chr(ord(begins[-1]) + 1)  # a range of bytes is what an index finds, whatever the collation
    return await read(
        Mail, 'WHERE shop_id = $1 AND purpose COLLATE "C" >= $2 AND purpose COLLATE "C" < $3 ORDER BY id',
        shop_id, begins, ends, tx=tx,
    )  # fmt: skip


async def _empty(tx: Transaction, vault: Vault, mail: Mail) -> None:
    await tx.execute(
        "UPDATE mails SET recipient = '', sealed_context = $2, last_error = NULL WHERE id = $1",
        mail.id, vault.seal(FORGOTTEN, tenant=mail.shop_id, field=f"mail:{mail.purpose}"),
    )  # fmt: skip


async def is_mail_under_way(tx: Transaction, order_id: str) -> bool:
    """Whether some mail about this order has been neither sent nor refused."""
    return bool(
        await tx.rows("SELECT 1 FROM mails WHERE order_id = $1 AND state = ANY($2) LIMIT 1", order_id, list(_UNDER_WAY))
    )
