"""The demo store over real HTTP, asked by the standard adapter: every way in which a store can answer, or not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from plugin.ports.orders import LineCount, OrderState
from plugin.ports.storefronts import CancelAnswer, CancelRequest, CancelStatus, OrderChanged, StoreConnection
from plugin.storefronts.addresses import outgoing_client
from plugin.storefronts.demo.samples import build_sample
from plugin.storefronts.demo.server import ServedStore, serve_demo_store
from plugin.storefronts.demo.store import Behaviour, DemoStore
from plugin.storefronts.standard.adapter import StandardStorefront

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="


class StoppedClock:
    def now(self) -> datetime:
        return AT


@pytest.fixture
async def served() -> AsyncIterator[ServedStore]:
    store = DemoStore(webhook_secret=SECRET, call_secret=SECRET, clock=StoppedClock(), late_by=60)
    store.place(build_sample("fashion", id="ord_1", at=AT, payment_intent="pi_1"))
    async with serve_demo_store(store) as serving:
        yield serving


def ask(*lines: LineCount, key: str = "case_1") -> CancelRequest:
    return CancelRequest(key=key, order_id="ord_1", order_number="1", whole_order=not lines, lines=lines)


class Caller:
    def __init__(self, served: ServedStore, *, secret: str = SECRET, timeout: float = 5.0) -> None:
        self.adapter = StandardStorefront(outgoing_client(), clock=StoppedClock(), timeout=timeout)
        self.connection = StoreConnection(
            shop_id="s", address=served.calls_url, secret=secret, allow_private_address=True
        )

    async def cancel(self, request: CancelRequest) -> CancelAnswer:
        return await self.adapter.cancel(self.connection, request)

    async def read(self, request: CancelRequest) -> CancelAnswer:
        return await self.adapter.read_cancel(self.connection, request)


async def test_a_store_that_agrees_cancels_the_whole_order_once(served: ServedStore) -> None:
    caller = Caller(served)
    first, again = await caller.cancel(ask()), await caller.cancel(ask())
    assert first == again == CancelAnswer(status=CancelStatus.CANCELLED)
    order = served.store.orders["ord_1"]
    assert (order.state, order.sequence) == (OrderState.CANCELLED, 2)
    assert [asked.is_repeat for asked in served.store.asks] == [False, True]


async def test_a_part_of_an_order_can_be_cancelled(served: ServedStore) -> None:
    assert (await Caller(served).cancel(ask(LineCount("scarf", 1)))).status is CancelStatus.CANCELLED
    order = served.store.orders["ord_1"]
    assert order.state is OrderState.OPEN
    assert served.store.open_units(order) == {"coat": 1, "scarf": 1}


async def test_what_has_been_shipped_is_too_late(served: ServedStore) -> None:
    served.store.ship("ord_1", (LineCount("scarf", 2),))
    assert (await Caller(served).cancel(ask(LineCount("scarf", 1)))).status is CancelStatus.TOO_LATE


@pytest.mark.parametrize(
    ("behaviour", "status"),
    [
        (Behaviour.TOO_LATE, CancelStatus.TOO_LATE),
        (Behaviour.UNSUPPORTED, CancelStatus.UNSUPPORTED),
        (Behaviour.NEVER_ANSWER, CancelStatus.UNKNOWN),
        (Behaviour.FAIL, CancelStatus.UNKNOWN),
        (Behaviour.GARBAGE, CancelStatus.UNKNOWN),
    ],
)
async def test_a_store_that_does_not_cancel_says_so_or_is_unknown(
    served: ServedStore, behaviour: Behaviour, status: CancelStatus
) -> None:
    served.store.behaviour = behaviour
    answer = await Caller(served, timeout=0.5).cancel(ask())
    assert answer.status is status
    assert answer.reason
    assert served.store.orders["ord_1"].state is OrderState.OPEN


@pytest.mark.parametrize("behaviour", [Behaviour.DROP_ANSWER, Behaviour.ANSWER_LATE])
async def test_a_lost_answer_is_unknown_and_re_reading_finds_what_was_done(
    served: ServedStore, behaviour: Behaviour
) -> None:
    served.store.behaviour = behaviour
    assert (await Caller(served, timeout=1.0).cancel(ask())).status is CancelStatus.UNKNOWN
    assert (await Caller(served).read(ask())).status is CancelStatus.CANCELLED


async def test_re_reading_an_ask_that_never_arrived_is_unknown(served: ServedStore) -> None:
    answer = await Caller(served).read(ask(key="case_2"))
    assert answer == CancelAnswer(status=CancelStatus.UNKNOWN, reason="The store knows of no such ask.")


async def test_a_pending_ask_has_a_deadline_and_is_settled_later(served: ServedStore) -> None:
    served.store.behaviour = Behaviour.PENDING
    caller = Caller(served)
    answer = await caller.cancel(ask())
    assert (answer.status, answer.deadline) == (CancelStatus.PENDING, AT + timedelta(hours=1))
    (changed,) = served.store.settle_pending()
    assert changed.state is OrderState.CANCELLED
    assert (await caller.read(ask())).status is CancelStatus.CANCELLED


async def test_a_call_under_another_secret_does_nothing(served: ServedStore) -> None:
    answer = await Caller(served, secret="whsec_b3RoZXI=").cancel(ask())
    assert answer == CancelAnswer(status=CancelStatus.UNKNOWN, reason="The store answered 401.")
    assert served.store.asks == []


async def test_a_store_that_is_down_is_unknown(served: ServedStore) -> None:
    caller = Caller(served)
    caller.connection = StoreConnection(
        shop_id="s", address="http://127.0.0.1:9/x", secret=SECRET, allow_private_address=True
    )
    assert (await caller.cancel(ask())).status is CancelStatus.UNKNOWN


async def test_its_webhooks_are_verified_and_parsed_by_the_adapter(served: ServedStore) -> None:
    store = served.store
    store.ship("ord_1")
    order = store.deliver("ord_1")
    headers, body = store.signed(order, message_id="msg_1")
    adapter = StandardStorefront(outgoing_client())
    delivery = adapter.verify(headers, body, [SECRET], AT)
    outcome = adapter.parse(delivery.topic, body)
    assert (delivery.key, delivery.topic) == ("msg_1", "order.updated")
    assert isinstance(outcome, OrderChanged)
    assert outcome.order.sequence == 3
    assert outcome.order.fulfilments[0].delivered_at == AT


async def test_its_page_lists_the_orders_and_links_them(served: ServedStore) -> None:
    served.store.order_page = lambda order: f"https://shop.example/o/{order.id}?a=1&b=2"
    async with httpx.AsyncClient(trust_env=False) as http:
        page = (await http.get(served.url)).text
    assert "Wool coat" in page
    assert "266.66 USD" in page
    assert 'href="https://shop.example/o/ord_1?a=1&amp;b=2"' in page
