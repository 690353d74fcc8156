"""The routes of ``wc/v3`` that we call, each as its controller answers it.

Sources: ``class-wc-rest-authentication.php`` (who is calling, and whether the key may write), ``class-wc-rest-crud-
controller.php`` (lists: ``modified_after`` leaves its moment out, ``any`` leaves the trash out, ``X-WP-Total``),
``class-wc-rest-controller.php`` (an empty batch does nothing).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import msgspec

from plugin.storefronts.demo.woocommerce.books import Refused
from plugin.storefronts.demo.woocommerce.samples import Body
from plugin.storefronts.demo.woocommerce.store import WooStore

Said = tuple[int, Any, dict[str, str]]
Query = Mapping[str, str]


def index(store: WooStore, home: str) -> Body:
    """``GET /wp-json/``, which anybody may read."""
    return {
        "name": store.name, "home": home, "url": home, "timezone_string": store.time_zone, "gmt_offset": "1",
        "namespaces": ["oembed/1.0", "wc/v3", "wp/v2"],
    }  # fmt: skip


def check_caller(store: WooStore, method: str, authorization: str, query: Query) -> None:
    """Raise as WooCommerce answers who may not do this; credentials in the query are read first."""
    key, secret = query.get("consumer_key", ""), query.get("consumer_secret", "")
    if not (key and secret) and authorization.startswith("Basic ") and not store.strips_authorization:
        key, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
    if key != store.consumer_key:
        raise Refused(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    if secret != store.consumer_secret:
        raise Refused(401, "woocommerce_rest_authentication_error", "Consumer secret is invalid.")
    needed = "read" if method in ("GET", "HEAD") else "write"
    if needed not in store.permissions:
        message = f"The API key provided does not have {needed} permissions."
        raise Refused(401, "woocommerce_rest_authentication_error", message)
    if not store.user_may:
        raise Refused(403, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")


async def answer_call(store: WooStore, method: str, route: str, query: Query, raw: bytes) -> Said:
    """What one call comes to: status, body and further headers. Raises ``Refused``."""
    asked: Body = msgspec.json.decode(raw) if raw else {}
    match method, route.strip("/").split("/"):
        case "GET", ["orders"]:
            return _orders(store, query)
        case "POST", ["orders"]:
            return 201, store.make_order(asked), {}
        case "GET", ["orders", id]:
            return 200, store.order(int(id)), {}
        case "PUT", ["orders", id]:
            return 200, store.update(int(id), asked), {}
        case "GET", ["orders", id, "refunds"]:
            store.order(int(id))
            return _page(list(reversed(store.refunds[int(id)])), query)
        case "POST", ["orders", id, "refunds"]:
            return 201, store.refund(int(id), asked), {}
        case "GET", ["orders", id, "notes"]:
            store.order(int(id))
            return 200, store.notes[int(id)], {}
        case "POST", ["orders", id, "notes"]:
            return 201, store.add_note(int(id), asked), {}
        case "POST", ["orders" | "coupons" | "webhooks" | "products", "batch"] if not asked:
            return 200, {}, {}
        case _, ["products", *_]:
            return _products(store, method, route.strip("/").split("/")[1:], query, asked)
        case "GET", ["coupons"]:
            wanted = query.get("code", "").lower()
            return _page([each for each in store.coupons.values() if wanted in ("", each["code"])], query)
        case "POST", ["coupons"]:
            return 201, store.add_coupon(asked), {}
        case "DELETE", ["coupons", id]:
            return _delete(store.coupons, int(id), "shop_coupon")
        case "GET", ["webhooks"]:
            hidden = ("secret", "failures")
            hooks = [{k: v for k, v in each.items() if k not in hidden} for each in store.webhooks.values()]
            return _page(hooks, query)
        case "POST", ["webhooks"]:
            return 201, await store.add_webhook(asked), {}
        case "PUT", ["webhooks", id]:
            return 200, store.change_webhook(int(id), asked), {}
        case "DELETE", ["webhooks", id]:
            return _delete(store.webhooks, int(id), "shop_webhook")
        case "GET", ["system_status"]:
            environment = {"version": "10.0.0", "wp_version": "6.8", "language": "es_ES"}
            return 200, {"environment": environment, "settings": {"currency": store.currency}}, {}
        case "GET", ["settings", "general", "woocommerce_default_country"]:
            return 200, {"id": "woocommerce_default_country", "value": "ES:B"}, {}
        case "GET", ["settings", "tax", "woocommerce_prices_include_tax"]:
            value = "yes" if store.prices_include_tax else "no"
            return 200, {"id": "woocommerce_prices_include_tax", "value": value}, {}
        case "GET", ["taxes"]:
            here = {"id": 72, "country": "ES", "state": "", "postcodes": [], "cities": []}
            rate = {**here, "rate": f"{store.tax_percent}.0000", "priority": 1, "compound": False, "class": "standard"}
            return _page([rate] if store.tax_percent else [], query)
        case "GET", ["data", "currencies", "current"]:
            return 200, {"code": store.currency, "name": store.currency}, {}
    raise Refused(404, "rest_no_route", "No route was found matching the URL and request method.")


def _products(store: WooStore, method: str, path: list[str], query: Query, asked: Body) -> Said:
    match method, path:
        case "GET", []:
            return _page([store.product(id) for id in store.products], query)
        case "GET", [id]:
            return 200, store.product(int(id)), {}
        case "GET", [id, "variations"]:
            return _page(store.variations_of(int(id)), query)
        case "GET", [id, "variations", one]:
            return 200, store.variation(int(id), int(one)), {}
        case "PUT", [id]:
            return 200, store.change_stock(store.product(int(id)), asked), {}
        case "PUT", [id, "variations", one]:
            return 200, store.change_stock(store.variation(int(id), int(one)), asked), {}
    raise Refused(404, "rest_no_route", "No route was found matching the URL and request method.")


def _orders(store: WooStore, query: Query) -> Said:
    if query.get("orderby", "date") not in ("date", "id", "include", "title", "slug", "modified"):
        raise Refused(400, "rest_invalid_param", "Invalid parameter(s): orderby")
    is_trash = query.get("status") == "trash"
    after, excluded = query.get("modified_after", ""), query.get("exclude", "").split(",")
    found = [
        order
        for order in store.orders.values()
        if (order["status"] == "trash") == is_trash
        and order["date_modified_gmt"] > after
        and str(order["id"]) not in excluded
        and query.get("parent", "") in ("", str(order.get("parent_id", 0)))
    ]
    by = "date_modified_gmt" if query.get("orderby") == "modified" else "date_created_gmt"
    found.sort(key=lambda order: (order[by], order["id"]), reverse=query.get("order", "desc") == "desc")
    return _page(found, query)


def _page(found: list[Body], query: Query) -> Said:
    size, page = int(query.get("per_page", "10")), int(query.get("page", "1"))
    if not 1 <= size <= 100:
        raise Refused(400, "rest_invalid_param", "Invalid parameter(s): per_page")
    return 200, found[size * (page - 1) : size * page], {"x-wp-total": str(len(found))}


def _delete(kept: dict[int, Body], id: int, type: str) -> Said:
    if id not in kept:
        raise Refused(404, f"woocommerce_rest_{type}_invalid_id", "Invalid ID.")
    return 200, kept.pop(id), {}
