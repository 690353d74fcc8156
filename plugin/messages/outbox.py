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
from plugin.db import Transaction, rows, transaction
from plugin.messages.contexts import MailContext
from plugin.messages.models import Mail
from plugin.messages.render import message_id, render, template_name, to_envelope
from plugin.outbox import service as outbox
from plugin.outbox.service import Claim, Later
from plugin.ports.mail import MailDeferred, MailRefused, MailUnknown
from plugin.ports.runtime import Ports

SEND_MAIL = "send_mail"


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


async def find_by_purpose(shop_id: str, purpose: str) -> Mail | None:
    """The mail of this purpose, if it was queued."""
    return await Mail.get_or_none(shop_id=shop_id, purpose=purpose)


async def send_mail(ports: Ports, claim: Claim) -> None:
    """Work: render the mail and hand it to the transport."""
    mail = await Mail.get(id=claim.ref, shop_id=claim.shop_id)
    if mail.state in ("sent", "refused"):
        await _settle(ports, claim, mail, mail.state, mail.sent_at)
        return
    point("before mail_claimed")
    await Mail.filter(id=mail.id, state__in=("queued", "unknown")).update(state="inflight")
    point("after mail_claimed")
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


async def _note(mail: Mail, state: str, error: str) -> None:
    """Only while it is in flight: another process may have sent it since, if this one lost its lease unawares."""
    await Mail.filter(id=mail.id, state="inflight").update(state=state, last_error=error[:300])


async def _settle(
    ports: Ports, claim: Claim, mail: Mail, state: str, sent_at: datetime | None, *, error: str | None = None
) -> None:
    async with transaction(ports.doorbell, step="sent_committed") as tx:
        await Mail.filter(id=mail.id).using_db(tx.connection).update(state=state, sent_at=sent_at, last_error=error)
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


async def mails_by_state() -> dict[str, int]:
    """How many mails are in each state, for the metrics."""
    return {row["state"]: row["n"] for row in await rows("SELECT state, count(*) AS n FROM mails GROUP BY state")}
