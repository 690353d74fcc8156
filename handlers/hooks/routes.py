"""The store's, Stripe's and nobody else's webhooks: verify over the raw bytes, one durable write, answer."""

from __future__ import annotations

import hashlib
from typing import Annotated

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.params import FromPath

from handlers.logs import name_shop
from handlers.security import ANYTHING
from plugin.core.errors import NotFound
from plugin.inbox.events import receive
from plugin.ports.runtime import Ports
from plugin.ports.storefronts import Delivery, SignatureInvalid, Unparseable
from plugin.shops.models import Shop
from plugin.shops.service import stripe_webhook_secrets, webhook_secrets

SOURCES = ("standard", "woocommerce", "shopify", "stripe")
