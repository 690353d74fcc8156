"""What ``comeback doctor`` looks at. Every finding says how it stands and, where that is not well, how to mend it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from enum import StrEnum

import asyncpg
import httpx
from msgspec import Struct
from redis.exceptions import RedisError
from tortoise.exceptions import BaseORMException

from handlers.worker import eviction_policy
from plugin import db
from plugin.core.vault import CannotOpen
from plugin.mailers.smtp import SmtpTransport
from plugin.policies.models import PolicyVersion
from plugin.ports.mail import MailDeferred
from plugin.ports.payments import OutcomeStored, OutcomeUnknown, Rejected
from plugin.ports.runtime import Ports
from plugin.settings import Settings
from plugin.shops.models import Shop
from plugin.shops.service import (
    payment_account,
    settings_of,
    store_connection,
    stripe_webhook_secrets,
    webhook_secrets,
)
from plugin.storefronts.addresses import AddressRefused, AddressUnresolved, checked_addresses, outgoing_client

OLDEST_SERVER = 140000


class Health(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


class Finding(Struct, frozen=True):
    """One thing that was looked at. ``mend`` is empty where nothing is to be done."""

    what: str
    health: Health
    says: str
    mend: str = ""


def _ok(what: str, says: str) -> Finding:
    return Finding(what, Health.OK, says)


def _warning(what: str, says: str, mend: str) -> Finding:
    return Finding(what, Health.WARNING, says, mend)


def _fault(what: str, says: str, mend: str) -> Finding:
    return Finding(what, Health.FAULT, says, mend)


def one_line(error: Exception) -> str:
    """What an error of somebody else's says, its line breaks taken out."""
    return " ".join(str(error).split())


async def examine(settings: Settings, ports: Ports) -> AsyncIterator[Finding]:
    """Look at everything that ``settings`` name, and at each shop. The pool of the database is the caller's to open."""
    yield await redis_finding(settings)
    yield await mail_finding(settings, ports)
    findings = await database_findings(settings)
    for finding in findings:
        yield finding
    if any(finding.health is Health.FAULT for finding in findings):
        return
    shops = await Shop.all().order_by("created_at")
    if not shops:
        yield _warning("shops", "There is no shop yet.", "Create one: comeback shop create NAME")
    for shop in shops:
        async for finding in shop_findings(ports, shop):
            yield finding


async def database_findings(settings: Settings) -> list[Finding]:
    """Whether the connected database answers, is new enough, and has had every migration."""
    try:
        found = await db.rows("SELECT current_setting('server_version_num')::int AS number, version() AS name")
        missing = await db.missing_migrations()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, BaseORMException) as error:
        mend = "Check DATABASE_URL: host, port, name and password; and that the server runs and lets you in."
        return [_fault("database", f"It does not answer: {type(error).__name__}.", mend)]
    name = " ".join(str(found[0]["name"]).split()[:2])
    where = name if settings.database_url else f"{name}, embedded in {settings.data}"
    answers = [_ok("database", where)]
    if found[0]["number"] < OLDEST_SERVER:
        answers = [_fault("database", f"{where} is too old.", "Use PostgreSQL 14 or later; the tests run on 18.")]
    if missing:
        answers.append(_fault("migrations", f"Not applied: {', '.join(missing)}.", "Run: comeback migrate"))
    else:
        answers.append(_ok("migrations", "all applied"))
    return answers


async def redis_finding(settings: Settings) -> Finding:
    if settings.redis_url is None:
        return _ok("redis", "not used: the web process does the work itself")
    try:
        policy = await eviction_policy(settings.redis_url)
    except (RedisError, OSError, ValueError) as error:
        mend = "Check REDIS_URL and that Redis runs. Meanwhile the workers find their work in the database."
        return _fault("redis", f"It does not answer: {type(error).__name__}.", mend)
    if policy != "noeviction":
        mend = (
            "redis-cli CONFIG SET maxmemory-policy noeviction, and the same in redis.conf. Workers refuse it as it is."
        )
        return _fault("redis", f"maxmemory-policy is {policy}, so it may throw rings away.", mend)
    return _ok("redis", "answers, and evicts nothing")


async def mail_finding(settings: Settings, ports: Ports) -> Finding:
    try:
        where = await ports.mail.ping()
    except MailDeferred as error:
        mend = "Check SMTP_URL: scheme (smtp, smtp+starttls, smtps), host, port, user and password."
        return _fault("mail", f"It is not taken: {error}", mend)
    if isinstance(ports.mail, SmtpTransport):
        return _ok("mail", where)
    return _warning("mail", f"It goes to {where}.", "Set SMTP_URL to send it to shoppers.")


async def shop_findings(ports: Ports, shop: Shop) -> AsyncIterator[Finding]:
    """The shop's policy, its Stripe account, its webhooks and its store's address."""
    try:
        settings_of(shop)
        webhook_secrets(ports.vault, shop)
    except CannotOpen:
        mend = "Add the key that sealed them to COMEBACK_SECRET_KEY, behind the newest, separated by a comma."
        yield _fault(f"{shop.name}: secrets", "They cannot be opened with the keys at hand.", mend)
        return
    if await PolicyVersion.exists(shop_id=shop.id, state="live"):
        yield _ok(f"{shop.name}: policy", "published")
    else:
        yield _fault(f"{shop.name}: policy", "None is published.", f"comeback policy publish {shop.id} policy.json")
    yield await stripe_finding(ports, shop)
    if shop.sealed_stripe_api_key is not None and not stripe_webhook_secrets(ports.vault, shop):
        mend = (
            f"Add the endpoint {ports.public_url}/hooks/{shop.id}/stripe at Stripe, then: "
            f"comeback shop connect {shop.id} --stripe-webhook-secret whsec_…"
        )
        yield _fault(f"{shop.name}: Stripe webhook", "Its signing secret is not set, so reports are refused.", mend)
    yield await store_finding(ports, shop)


async def stripe_finding(ports: Ports, shop: Shop) -> Finding:
    what, mend = f"{shop.name}: Stripe", f"comeback shop connect {shop.id} --stripe-key sk_…"
    account = payment_account(ports.vault, shop)
    if account is None:
        return _warning(what, "No key is set, so card refunds wait for a person.", mend)
    try:
        return _ok(what, f"the key opens {await ports.payments.ping(account)}")
    except Rejected as no:
        return _fault(what, f"The key is refused: {one_line(no)}", mend)
    except (OutcomeUnknown, OutcomeStored) as unknown:
        return _fault(what, f"No answer: {one_line(unknown)}", "Check the way to api.stripe.com, or STRIPE_API_BASE.")


async def store_finding(ports: Ports, shop: Shop) -> Finding:
    """Whether the address is one that we may call and somebody listens there; nothing is asked of the store."""
    what = f"{shop.name}: store"
    if shop.storefront != "standard":
        return _ok(what, f"{shop.storefront}: its cancellations wait for a person, for now")
    store = store_connection(ports.vault, shop, allow_private_address=ports.allow_private_addresses)
    mend = f"comeback shop connect {shop.id} --store-address https://…"
    if store.address is None:
        return _warning(what, "It has no address, so a person has to cancel there.", mend)
    try:
        first = (await checked_addresses(store.address, allow_private=store.allow_private_address))[0]
        async with outgoing_client() as http:
            await http.head(first.url, headers=first.headers, extensions=first.extensions, timeout=5)
    except AddressRefused as refused:
        return _fault(what, str(refused), mend)
    except (AddressUnresolved, httpx.HTTPError) as error:
        return _fault(what, f"Nobody answers there: {error or type(error).__name__}", f"Start your store, or: {mend}")
    return _ok(what, "somebody answers at its address, and our calls to it are signed")
