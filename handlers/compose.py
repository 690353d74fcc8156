"""The composition root: builds the adapters once, for the web process and the worker alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import parseaddr

from plugin import db
from plugin.core.vault import Vault
from plugin.mailers.files import FileTransport
from plugin.mailers.smtp import SmtpTransport
from plugin.payments.stripe.gateway import StripeGateway
from plugin.ports.runtime import Clock, Doorbell, Ports, SystemClock
from plugin.settings import Settings
from plugin.storage.folder import FolderStore
from plugin.storefronts.addresses import outgoing_client
from plugin.storefronts.shopify.adapter import ShopifyStorefront
from plugin.storefronts.shopify.goods import ShopifyGoods
from plugin.storefronts.shopify.platform import ShopifyPlatform, shopify_api
from plugin.storefronts.standard.adapter import StandardStorefront
from plugin.storefronts.standard.goods import StandardGoods
from plugin.storefronts.woocommerce.adapter import WooCommerceStorefront
from plugin.storefronts.woocommerce.goods import WooCommerceGoods
from plugin.storefronts.woocommerce.platform import WooCommercePlatform


def database_address(settings: Settings) -> str:
    """The given database, or the embedded one, started."""
    return settings.database_url or db.embedded_url(settings.data)


@asynccontextmanager
async def adapters(settings: Settings, doorbell: Doorbell, clock: Clock | None = None) -> AsyncIterator[Ports]:
    """Everything outside, opened and in the end closed."""
    payments = StripeGateway()
    mail = SmtpTransport(settings.smtp_url) if settings.smtp_url else FileTransport(settings.data / "mail")
    http = outgoing_client()
    clock = clock or SystemClock()
    woocommerce = WooCommercePlatform(http)
    shopify = shopify_api(http, clock=clock)
    try:
        yield Ports(
            clock=clock,
            doorbell=doorbell,
            vault=Vault(settings.secret_keys),
            payments=payments,
            storefronts={
                "standard": StandardStorefront(http),
                "woocommerce": WooCommerceStorefront(woocommerce),
                "shopify": ShopifyStorefront(shopify, clock),
            },
            platforms={"woocommerce": woocommerce, "shopify": ShopifyPlatform(shopify, clock)},
            goods={
                "standard": StandardGoods(http),
                "woocommerce": WooCommerceGoods(woocommerce),
                "shopify": ShopifyGoods(shopify, clock),
            },
            mail=mail,
            files=FolderStore(settings.files_folder),
            public_url=settings.public_url,
            mail_sender=parseaddr(settings.mail_from)[1],
            allow_private_addresses=not settings.production,
        )
    finally:
        await payments.aclose()
        await mail.close()
        await http.aclose()
