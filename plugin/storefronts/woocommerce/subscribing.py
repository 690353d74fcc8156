"""Our webhooks at a WooCommerce store.

WooCommerce never repeats a delivery, and switches a webhook off after more than five failures in a row. One that is off
is made anew and not switched on again: its count of failures would stay, and the next failure would switch it off
(``class-wc-webhook.php``, ``failed_delivery``). A secret cannot be read back, so it is always written.
"""

from __future__ import annotations

from msgspec import Struct

from plugin.ports.platforms import Hook
from plugin.storefronts.woocommerce.api import WooApi

TOPICS = ("order.created", "order.updated", "order.deleted", "order.restored")
_PER_PAGE = 100
_OFF = {"disabled": "WooCommerce switched it off after too many failures.", "paused": "It was paused in the store."}


class _Webhook(Struct, frozen=True):
    id: int
    topic: str
    delivery_url: str
    status: str


async def list_hooks(api: WooApi, url: str) -> tuple[Hook, ...]:
    """See ``Platform.hooks``."""
    ours = await _ours(api, url)
    return tuple(_told(topic, [hook for hook in ours if hook.topic == topic]) for topic in TOPICS)


async def register(api: WooApi, url: str, secret: str) -> tuple[Hook, ...]:
    """See ``Platform.register_hooks``."""
    ours = await _ours(api, url)
    for hook in ours:
        if hook.topic not in TOPICS:
            await api.delete(f"webhooks/{hook.id}")
    for topic in TOPICS:
        live = [hook for hook in ours if hook.topic == topic and hook.status == "active"]
        if live:
            await api.put(f"webhooks/{live[0].id}", {"secret": secret})
        else:
            await api.post("webhooks", {"name": "Comeback", "topic": topic, "delivery_url": url, "secret": secret})
        for hook in ours:
            if hook.topic == topic and hook not in live[:1]:
                await api.delete(f"webhooks/{hook.id}")
    return await list_hooks(api, url)


async def remove(api: WooApi, url: str) -> int:
    """See ``Platform.remove_hooks``."""
    ours = await _ours(api, url)
    for hook in ours:
        await api.delete(f"webhooks/{hook.id}")
    return len(ours)


async def _ours(api: WooApi, url: str) -> list[_Webhook]:
    found: list[_Webhook] = []
    for page in range(1, 11):
        webhooks = (await api.get("webhooks", per_page=_PER_PAGE, page=page)).read(list[_Webhook])
        found += [webhook for webhook in webhooks if webhook.delivery_url.rstrip("/") == url.rstrip("/")]
        if len(webhooks) < _PER_PAGE:
            break
    return sorted(found, key=lambda webhook: webhook.id)


def _told(topic: str, hooks: list[_Webhook]) -> Hook:
    live = next((hook for hook in hooks if hook.status == "active"), None)
    if live is not None and len(hooks) == 1:
        return Hook(topic=topic, is_live=True, id=str(live.id))
    if live is not None:
        return Hook(topic=topic, is_live=True, id=str(live.id), reason="It is there more than once.")
    if not hooks:
        return Hook(topic=topic, is_live=False, reason="It is missing.")
    return Hook(topic=topic, is_live=False, id=str(hooks[0].id), reason=_OFF.get(hooks[0].status, hooks[0].status))
