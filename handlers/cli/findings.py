"""What ``comeback doctor`` looks at. Every finding says how it stands and, where that is not well, how to mend it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import httpx
from redis.exceptions import RedisError
from tortoise.exceptions import BaseORMException

from handlers.cli.health import Finding, Health, all_within, fault, ok, one_line, warning, within
from handlers.cli.links import link_findings
from handlers.cli.signs import disk_finding, shop_signs, signs
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
_REDIS_AWAY = "Check REDIS_URL and that Redis runs. Meanwhile the workers find their work in the database."
_MAIL_AWAY = "Check SMTP_URL: scheme (smtp, smtp+starttls, smtps), host, port, user and password."
_DATABASE_AWAY = "Check DATABASE_URL: host, port, name and password; and that the server runs and lets you in."


async def examine(settings: Settings, ports: Ports) -> AsyncIterator[Finding]:
    """Look at everything that ``settings`` name, and at each shop. The pool of the database is the caller's to open."""
    yield await within("redis", _REDIS_AWAY, redis_finding(settings))
    yield await within("mail", _MAIL_AWAY, mail_finding(ports))
    if settings.database_url is None:
        yield disk_finding(settings.data)
    is_well = True
    async for finding in all_within("database", _DATABASE_AWAY, database_findings(settings)):
        is_well = is_well and finding.health is not Health.FAULT
        yield finding
    if not is_well:
        return
    async for finding in all_within("database", _DATABASE_AWAY, signs(ports.clock)):
        yield finding
    shops = await Shop.all().order_by("created_at")
    if not shops:
        yield warning("shops", "There is no shop yet.", "Create one: comeback shop create NAME")
    for shop in shops:
        async for finding in all_within(
            shop.name, "Check the way out of this machine.", shop_findings(ports, shop, production=settings.production)
        ):
            yield finding


async def database_findings(settings: Settings) -> AsyncIterator[Finding]:
    """Whether the connected database answers, is new enough, and has had every migration."""
    try:
        found = await db.rows("SELECT current_setting('server_version_num')::int AS number, version() AS name")
        missing = await db.missing_migrations()
        newer = [] if missing else await db.newer_migrations()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, BaseORMException) as error:
        yield fault("database", f"It does not answer: {type(error).__name__}.", _DATABASE_AWAY)
        return
    name = " ".join(str(found[0]["name"]).split()[:2])
    where = name if settings.database_url else f"{name}, embedded in {settings.data}"
    if found[0]["number"] < OLDEST_SERVER:
        yield fault("database", f"{where} is too old.", "Use PostgreSQL 14 or later; the tests run on 18.")
    else:
        yield ok("database", where)
    if missing:
        yield fault("migrations", f"Not applied: {', '.join(missing)}.", "Run: comeback migrate")
    elif newer:
        yield warning("migrations", f"Of a newer version: {', '.join(newer)}.", "Bring this version up to date soon.")
    else:
        yield ok("migrations", "all applied")


async def redis_finding(settings: Settings) -> Finding:
    if settings.redis_url is None:
        return ok("redis", "not used: the web process does the work itself")
    try:
        policy = await eviction_policy(settings.redis_url)
    except (RedisError, OSError, ValueError) as error:
        return fault("redis", f"It does not answer: {type(error).__name__}.", _REDIS_AWAY)
    if policy != "noeviction":
        mend = (
            "redis-cli CONFIG SET maxmemory-policy noeviction, and the same in redis.conf. Workers refuse it as it is."
        )
        return fault("redis", f"maxmemory-policy is {policy}, so it may throw rings away.", mend)
    return ok("redis", "answers, and evicts nothing")


async def mail_finding(ports: Ports) -> Finding:
    try:
        where = await ports.mail.ping()
    except MailDeferred as error:
        return fault("mail", f"It is not taken: {error}", _MAIL_AWAY)
    if isinstance(ports.mail, SmtpTransport):
        return ok("mail", where)
    return warning("mail", f"It goes to {where}.", "Set SMTP_URL to send it to shoppers.")


async def shop_findings(ports: Ports, shop: Shop, *, production: bool = False) -> AsyncIterator[Finding]:
    """The shop's policy, its Stripe account, its webhooks and its store's address."""
    try:
        settings_of(shop)
        webhook_secrets(ports.vault, shop)
        account, stripe_secrets = payment_account(ports.vault, shop), stripe_webhook_secrets(ports.vault, shop)
    except CannotOpen:
        mend = "Add the key that sealed them to COMEBACK_SECRET_KEY, behind the newest, separated by a comma."
        yield fault(f"{shop.name}: secrets", "They cannot be opened with the keys at hand.", mend)
        return
    if await PolicyVersion.exists(shop_id=shop.id, state="live"):
        yield ok(f"{shop.name}: policy", "published")
    else:
        yield fault(f"{shop.name}: policy", "None is published.", f"comeback policy publish {shop.id} policy.json")
    yield await stripe_finding(ports, shop)
    if production and account is not None and account.api_key.startswith(("sk_test_", "rk_test_")):
        mend = f"comeback shop connect {shop.id} --stripe-key sk_live_…"
        yield fault(f"{shop.name}: Stripe", "The key is one of its test mode, so no real money moves.", mend)
    if account is not None and not stripe_secrets:
        mend = (
            f"Add the endpoint {ports.public_url}/hooks/{shop.id}/stripe at Stripe, then: "
            f"comeback shop connect {shop.id} --stripe-webhook-secret whsec_…"
        )
        yield fault(f"{shop.name}: Stripe webhook", "Its signing secret is not set, so reports are refused.", mend)
    if shop.storefront == "standard":
        yield await store_finding(ports, shop)
    else:
        async for finding in link_findings(ports, shop):
            yield finding
    async for finding in shop_signs(shop, ports.public_url):
        yield finding


async def stripe_finding(ports: Ports, shop: Shop) -> Finding:
    what, mend = f"{shop.name}: Stripe", f"comeback shop connect {shop.id} --stripe-key sk_…"
    account = payment_account(ports.vault, shop)
    if account is None:
        return warning(what, "No key is set, so card refunds wait for a person.", mend)
    try:
        return ok(what, f"the key opens {await ports.payments.ping(account)}")
    except Rejected as no:
        return fault(what, f"The key is refused: {one_line(no)}", mend)
    except (OutcomeUnknown, OutcomeStored) as unknown:
        return fault(what, f"No answer: {one_line(unknown)}", "Check the way to api.stripe.com, or STRIPE_API_BASE.")


async def store_finding(ports: Ports, shop: Shop) -> Finding:
    """Whether the address is one that we may call and somebody listens there; nothing is asked of the store."""
    what = f"{shop.name}: store"
    store = store_connection(ports.vault, shop, allow_private_address=ports.allow_private_addresses)
    mend = f"comeback shop connect {shop.id} --store-address https://…"
    if store.address is None:
        return warning(what, "It has no address, so a person has to cancel there.", mend)
    try:
        first = (await checked_addresses(store.address, allow_private=store.allow_private_address))[0]
        async with outgoing_client() as http:
            await http.head(first.url, headers=first.headers, extensions=first.extensions, timeout=5)
    except AddressRefused as refused:
        return fault(what, str(refused), mend)
    except (AddressUnresolved, httpx.HTTPError) as error:
        return fault(what, f"Nobody answers there: {error or type(error).__name__}", f"Start your store, or: {mend}")
    return ok(what, "somebody answers at its address, and our calls to it are signed")
