"""Our webhooks as subscriptions of the app at one shop
(https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/webhookSubscriptionCreate).

Shopify signs them with the app's client secret, so none is given here. A subscription belongs to the app, so one of
our topics that points elsewhere is an old address of ours. The three compliance topics cannot be subscribed to by the
API: they are set once in the app's own configuration (docs/storefronts/shopify.md).
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from plugin.ports.payments import Rejected
from plugin.ports.platforms import Hook
from plugin.ports.storefronts import StoreConnection
from plugin.storefronts.shopify.answers import Connection
from plugin.storefronts.shopify.api import ShopifyApi, UserError, refuse

TOPICS = (
    "ORDERS_CREATE",
    "ORDERS_UPDATED",
    "ORDERS_EDITED",
    "ORDERS_CANCELLED",
    "ORDERS_DELETE",
    "ORDERS_FULFILLED",
    "ORDERS_PARTIALLY_FULFILLED",
    "FULFILLMENTS_CREATE",
    "FULFILLMENTS_UPDATE",
    "FULFILLMENT_EVENTS_CREATE",
    "REFUNDS_CREATE",
    "APP_UNINSTALLED",
)

_LIST = """
query Hooks($topics: [WebhookSubscriptionTopic!], $after: String) {
  webhookSubscriptions(first: 100, topics: $topics, after: $after) {
    nodes { id topic uri } pageInfo { hasNextPage endCursor }
  }
}"""

_CREATE = """
mutation MakeHook($topic: WebhookSubscriptionTopic!, $hook: WebhookSubscriptionInput!) {
  done: webhookSubscriptionCreate(topic: $topic, webhookSubscription: $hook) { userErrors { message field } }
}"""

_MOVE = """
mutation MoveHook($id: ID!, $hook: WebhookSubscriptionInput!) {
  done: webhookSubscriptionUpdate(id: $id, webhookSubscription: $hook) { userErrors { message field } }
}"""

_DELETE = """
mutation RemoveHook($id: ID!) { done: webhookSubscriptionDelete(id: $id) { userErrors { message field } } }"""


class _Subscription(Struct, frozen=True):
    id: str
    topic: str
    uri: str


class _ListData(Struct, frozen=True, rename="camel"):
    webhook_subscriptions: Connection[_Subscription]


class _Done(Struct, frozen=True, rename="camel"):
    user_errors: list[UserError] = []


class _DoneData(Struct, frozen=True):
    done: _Done


async def hooks(api: ShopifyApi, store: StoreConnection, url: str) -> tuple[Hook, ...]:
    """See ``Platform.hooks``."""
    listed = await _listed(api, store)
    return tuple(_hook(topic, [each for each in listed if each.topic == topic], url) for topic in TOPICS)


async def register_hooks(api: ShopifyApi, store: StoreConnection, url: str) -> tuple[Hook, ...]:
    """See ``Platform.register_hooks``. A topic that the app may not have keeps none of the others from being made."""
    listed, refused = await _listed(api, store), dict[str, str]()
    for topic in TOPICS:
        try:
            await _put_right(api, store, topic, [each for each in listed if each.topic == topic], url)
        except Rejected as no:
            refused[topic] = no.reason
    now = await hooks(api, store, url)
    return tuple(replace(hook, reason=refused.get(hook.topic, hook.reason)) for hook in now)


async def _put_right(
    api: ShopifyApi, store: StoreConnection, topic: str, of_topic: list[_Subscription], url: str
) -> None:
    here, hook = [each for each in of_topic if each.uri == url], {"uri": url, "format": "JSON"}
    if not of_topic:
        await _do(api, store, _CREATE, {"topic": topic, "hook": hook})
    elif not here:
        await _do(api, store, _MOVE, {"id": of_topic[0].id, "hook": hook})
    for doubled in here[1:]:
        await _do(api, store, _DELETE, {"id": doubled.id})


async def remove_hooks(api: ShopifyApi, store: StoreConnection, url: str) -> int:
    """See ``Platform.remove_hooks``."""
    ours = [each for each in await _listed(api, store) if each.uri == url]
    for each in ours:
        await _do(api, store, _DELETE, {"id": each.id})
    return len(ours)


async def _listed(api: ShopifyApi, store: StoreConnection) -> list[_Subscription]:
    found: list[_Subscription] = []
    after: str | None = None
    while True:
        variables = {"topics": TOPICS, "after": after}
        page = (await api.ask(store, _LIST, variables, _ListData)).webhook_subscriptions
        found += page.nodes
        after = page.page_info.end_cursor
        if not page.page_info.has_next_page:
            return found


async def _do(api: ShopifyApi, store: StoreConnection, document: str, variables: dict[str, object]) -> None:
    refuse((await api.ask(store, document, variables, _DoneData)).done.user_errors)


def _hook(topic: str, of_topic: list[_Subscription], url: str) -> Hook:
    here = [each for each in of_topic if each.uri == url]
    if len(here) == 1:
        return Hook(topic=topic, is_live=True, id=here[0].id)
    if here:
        return Hook(topic=topic, is_live=False, id=here[0].id, reason="It is there twice, so each change comes twice.")
    if of_topic:
        return Hook(topic=topic, is_live=False, id=of_topic[0].id, reason=f"It points at {of_topic[0].uri[:200]}.")
    return Hook(topic=topic, is_live=False, reason="It is missing; Shopify deletes one after eight failed deliveries.")
