"""Opens one of the stores; what only another one needs is not imported."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from handlers.demo.stores.side import DemoStoreSide


def open_side(storefront: str, data: Path, bank_takes: float) -> AbstractAsyncContextManager[DemoStoreSide]:
    """The store and what it is paid through, served until the block ends. ``storefront`` is one of ``STOREFRONTS``."""
    match storefront:
        case "woocommerce":
            from handlers.demo.stores.woocommerce import woocommerce_side

            return woocommerce_side(data, bank_takes)
        case "shopify":
            from handlers.demo.stores.shopify import shopify_side

            return shopify_side(data, bank_takes)
        case _:
            from handlers.demo.stores.standard import standard_side

            return standard_side(data, bank_takes)
