"""The stand-in itself: its book, its coupons, and webhooks that it signs and sends.

Sources: ``class-wc-webhook.php`` (``deliver_ping``, ``generate_signature``, ``failed_delivery``: more than five
failures in a row switch a webhook off, one success sets the count to 0; a trashed order is told by its id alone);
``class-wc-rest-webhooks-v1-controller.php`` (a ping within the call that makes a webhook; one that is put right by PUT
keeps its count); ``class-wc-rest-coupons-v2-controller.php`` (codes in lower case; ``date_expires_gmt`` is not read).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx
import msgspec

from plugin.core.tls import trusted
from plugin.ports.orders import Custodian, LineCount
from plugin.storefronts.demo.woocommerce.books import Refused
from plugin.storefronts.demo.woocommerce.faults import Switched
from plugin.storefronts.demo.woocommerce.samples import FASHION, Body, Goods, order_body, stamp
from plugin.storefronts.demo.woocommerce.shelf import Shelf
from plugin.storefronts.hmacs import base64_hmac

_MOST_FAILURES = 5


@dataclass(kw_only=True)
class WooStore(Shelf):
    """A store with one key of its REST API. ``permissions`` are the key's (read, write or read_write); ``user_may`` is
    False for a user without the role."""

    consumer_key: str
    consumer_secret: str
    permissions: str = "read_write"
    user_may: bool = True
    name: str = "Casa Lino"
    currency: str = "EUR"
    time_zone: str = "Europe/Madrid"
    has_plain_links: bool = False
    strips_authorization: bool = False
    faults: list[Switched] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)  # every call that reached WooCommerce, as "METHOD route"
    coupons: dict[int, Body] = field(default_factory=dict)
    webhooks: dict[int, Body] = field(default_factory=dict)

    def new_order(
        self, *, custodian: Custodian = Custodian.STOREFRONT, goods: Sequence[Goods] = FASHION,
        payment_intent: str | None = None, is_authorised: bool = False,
    ) -> Body:  # fmt: skip
        """Place an order of ``goods``, paid (or authorised) just now."""
        body = order_body(
            self.new_id(), self.clock.now(), goods=goods, custodian=custodian, payment_intent=payment_intent,
            currency=self.currency, is_authorised=is_authorised, tax_percent=self.tax_percent,
        )  # fmt: skip
        return self.place(body)

    def ship(self, id: int, lines: Sequence[LineCount] = ()) -> Body:
        """Send all of an order (it is completed then), or some units, as Advanced Shipment Tracking notes it."""
        order = self.order(id)
        if not lines:
            return self.update(id, {"status": "completed"})
        tracking: list[Body] = next(
            (m["value"] for m in order["meta_data"] if m["key"] == "_wc_shipment_tracking_items"), []
        )
        parcel = {
            "tracking_id": f"{id}-{len(tracking)}",
            "tracking_provider": "correos",
            "tracking_number": f"PK{id}{len(tracking)}",
            "date_shipped": str(int(self.clock.now().timestamp())),
            "products_list": [{"item_id": line.line_id, "qty": str(line.quantity)} for line in lines],
        }
        self.set_meta(order, "_wc_shipment_tracking_items", [*tracking, parcel])
        return self.update(id, {"status": "partial-shipped"})

    def arrive(self, id: int) -> Body:
        """What was sent has arrived, which Advanced Shipment Tracking says by a status of its own."""
        return self.update(id, {"status": "delivered"})

    def add_coupon(self, asked: Body) -> Body:
        code = str(asked.get("code", "")).lower()
        if not code:
            raise Refused(400, "woocommerce_rest_empty_coupon_code", "The coupon code cannot be empty.")
        if any(coupon["code"] == code for coupon in self.coupons.values()):
            raise Refused(400, "woocommerce_rest_coupon_code_already_exists", "The coupon code already exists")
        coupon = {"id": self.new_id(), "date_expires": None, **asked, "code": code, "meta_data": []}
        coupon.pop("date_expires_gmt", None)
        for meta in asked.get("meta_data", []):
            self.set_meta(coupon, meta["key"], meta["value"])
        self.coupons[coupon["id"]] = coupon
        return coupon

    async def add_webhook(self, asked: Body) -> Body:
        if not str(asked.get("topic", "")).startswith(("order.", "coupon.", "product.", "customer.")):
            raise Refused(
                400, "woocommerce_rest_shop_webhook_invalid_topic", "Webhook topic is required and must be valid."
            )
        hook = {"id": self.new_id(), "status": "active", "failures": 0, **asked}
        self.webhooks[hook["id"]] = hook
        await self._post(hook, {}, f"webhook_id={hook['id']}".encode(), "application/x-www-form-urlencoded")
        return hook

    def change_webhook(self, id: int, changes: Body) -> Body:
        if id not in self.webhooks:
            raise Refused(400, "woocommerce_rest_shop_webhook_invalid_id", "ID is invalid.")
        self.webhooks[id] |= changes
        return self.webhooks[id]

    async def deliver(self) -> int:
        """Tell what has changed to every active webhook, as WooCommerce's background job does; how many were told."""
        told, changes = 0, self.changes
        self.changes = []
        for topic, order_id in changes:
            for hook in [each for each in self.webhooks.values() if each["topic"] == topic]:
                if hook["status"] == "active":
                    await self._tell(hook, order_id)
                    told += 1
        return told

    def signed(self, hook: Body, order_id: int) -> tuple[dict[str, str], bytes]:
        """Headers and body of one delivery."""
        body = msgspec.json.encode({"id": order_id} if hook["topic"] == "order.deleted" else self.orders[order_id])
        resource, _, event = hook["topic"].partition(".")
        headers = {
            "x-wc-webhook-topic": hook["topic"],
            "x-wc-webhook-resource": resource,
            "x-wc-webhook-event": event,
            "x-wc-webhook-signature": base64_hmac(hook["secret"].encode(), body),
            "x-wc-webhook-id": str(hook["id"]),
            "x-wc-webhook-delivery-id": f"{hook['id']}-{stamp(self.clock.now())}",
            "user-agent": "WooCommerce/10.0.0 Hookshot (WordPress/6.8)",
        }
        return headers, body

    async def _tell(self, hook: Body, order_id: int) -> None:
        headers, body = self.signed(hook, order_id)
        if await self._post(hook, headers, body, "application/json"):
            hook["failures"] = 0
        elif hook["failures"] > _MOST_FAILURES:
            hook["status"] = "disabled"
        else:
            hook["failures"] += 1

    async def _post(self, hook: Body, headers: dict[str, str], body: bytes, content_type: str) -> bool:
        try:
            async with httpx.AsyncClient(verify=trusted(), trust_env=False, timeout=10) as http:
                answer = await http.post(
                    hook["delivery_url"], content=body, headers={**headers, "content-type": content_type}
                )
        except httpx.HTTPError:
            return False
        return 200 <= answer.status_code <= 302
