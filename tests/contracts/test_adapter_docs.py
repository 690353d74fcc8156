"""What docs/storefronts/writing-an-adapter.md claims is run: its example reads, verifies and cancels."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from plugin.ports import orders, payments, platforms
from plugin.ports.orders import Custodian, LineCount, OrderState, StoreOrder, parts_total
from plugin.ports.storefronts import (
    CancelRequest,
    CancelStatus,
    Ignored,
    OrderChanged,
    SignatureInvalid,
    StoreConnection,
    Storefront,
    Unparseable,
)
from plugin.storefronts.hmacs import base64_hmac

PAGE = (Path(__file__).resolve().parents[2] / "docs/storefronts/writing-an-adapter.md").read_text(encoding="utf-8")
SECRET = "harbour-secret"
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
ORDER: dict[str, Any] = {
    "id": 7,
    "status": "paid",
    "currency": "EUR",
    "placed_at": "2026-11-02T09:00:00Z",
    "changed_at": "2026-11-02T09:05:00Z",
    "total": "41.95",
    "shipping": "4.95",
    "email": "ana@example.com",
    "lines": [{"id": 1, "name": "Scarf", "quantity": 2, "price": "20.00", "paid": "37.00", "tax": "6.42"}],
}
CONNECTION = StoreConnection(shop_id="s", address="http://127.0.0.1/api", secret=SECRET, allow_private_address=True)
ASK = CancelRequest(key="case_1", order_id="7", order_number="7", whole_order=True, lines=(LineCount("1", 2),))


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    """The page's code, run from top to bottom as one module."""
    names: dict[str, Any] = {"__name__": "harbour"}
    for block in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL):
        exec(compile(block, "writing-an-adapter.md", "exec", dont_inherit=True), names)  # the page is ours
    return names


def body(**changes: object) -> bytes:
    return msgspec.json.encode({**ORDER, **changes})


def read(example: dict[str, Any], **changes: object) -> StoreOrder:
    parsed = example["parse"]("order.changed", body(**changes))
    assert isinstance(parsed, OrderChanged)
    return parsed.order


def test_the_example_reads_an_order_whose_parts_make_its_total(example: dict[str, Any]) -> None:
    order = read(example)
    (line,) = order.lines
    assert (line.total, line.discount, line.tax, order.shipping.total) == (3700, 300, 642, 495)
    assert parts_total(order) == order.total == 4195
    assert order.unexplained == 0


def test_an_amount_that_the_example_cannot_place_is_unexplained(example: dict[str, Any]) -> None:
    assert read(example, total="43.95").unexplained == 200


def test_a_later_version_of_the_example_has_a_higher_sequence(example: dict[str, Any]) -> None:
    assert read(example).sequence < read(example, status="cancelled").sequence
    assert read(example, status="cancelled").state is OrderState.CANCELLED


def test_the_custodian_follows_the_payment_intent(example: dict[str, Any]) -> None:
    assert read(example).payments[0].custodian is Custodian.STOREFRONT
    paid = read(example, stripe_payment="pi_1").payments[0]
    assert (paid.custodian, paid.reference) == (Custodian.STRIPE, "pi_1")


def test_the_example_names_the_field_that_it_cannot_read(example: dict[str, Any]) -> None:
    with pytest.raises(Unparseable, match="shipping"):
        read(example, shipping="much")


def test_the_example_lets_in_what_is_signed_and_nothing_else(example: dict[str, Any]) -> None:
    raw = body()
    headers = {"x-harbour-event": "order.changed", "x-harbour-signature": base64_hmac(SECRET.encode(), raw)}
    delivery = example["verify"](headers, raw, ["rotated", SECRET], NOW)
    assert delivery.key == example["verify"](headers, raw, [SECRET], NOW).key
    assert isinstance(example["parse"]("stock.changed", raw), Ignored)
    for secrets in ([], ["another"]):
        with pytest.raises(SignatureInvalid):
            example["verify"](headers, raw, secrets, NOW)


@pytest.mark.parametrize(
    ("status", "becomes"),
    [(200, CancelStatus.CANCELLED), (409, CancelStatus.TOO_LATE), (502, CancelStatus.UNKNOWN)],
)
async def test_the_example_asks_under_its_key_and_tells_the_answers_apart(
    example: dict[str, Any], status: int, becomes: CancelStatus
) -> None:
    asked: list[str] = []

    def harbour(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.path} {request.headers['authorization']}")
        return httpx.Response(status)

    async with httpx.AsyncClient(transport=httpx.MockTransport(harbour)) as http:
        storefront: Storefront = example["HarbourStorefront"](http)
        assert (await storefront.cancel(CONNECTION, ASK)).status is becomes
        assert (await storefront.read_cancel(CONNECTION, ASK)).status is becomes
    path = f"/api/orders/7/cancellations/case_1 Bearer {SECRET}"
    assert asked == [f"POST {path}", f"GET {path}"]


async def test_a_lost_answer_is_unknown_to_the_example_and_a_missing_key_is_a_persons(example: dict[str, Any]) -> None:
    def lost(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("gone", request=request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(lost)) as http:
        storefront: Storefront = example["HarbourStorefront"](http)
        assert (await storefront.cancel(CONNECTION, ASK)).status is CancelStatus.UNKNOWN
        bare = msgspec.structs.replace(CONNECTION, secret=None)
        assert (await storefront.cancel(bare, ASK)).status is CancelStatus.UNSUPPORTED


@pytest.mark.parametrize(
    "struct",
    [
        orders.StoreOrder, orders.StoreLine, orders.StoreShipping, orders.StoreExtra, orders.StorePayment,
        orders.StoreFulfilment, orders.StoreRefund, orders.StoreCustomer, orders.LineCount, StoreConnection,
        platforms.StoreFacts, platforms.Permission, platforms.OrderPage, platforms.PlatformRefund,
        platforms.RefundRecord, platforms.Hook,
    ],
)  # fmt: skip
def test_the_page_explains_every_field(struct: type[msgspec.Struct]) -> None:
    assert f"`{struct.__name__}`" in PAGE
    missing = [field.name for field in msgspec.structs.fields(struct) if f"`{field.name}`" not in PAGE]
    assert missing == []


def test_the_page_names_every_call_of_a_platform_and_every_ending() -> None:
    calls = [name for name, _ in inspect.getmembers(platforms.Platform, inspect.isfunction) if not name.startswith("_")]
    assert [name for name in calls if f"`{name}`" not in PAGE] == []
    endings = (payments.OutcomeUnknown, payments.OutcomeStored, payments.Rejected)
    assert [each.__name__ for each in endings if each.__name__ not in PAGE] == []
    assert [each.name for each in CancelStatus if f"`{each.name}`" not in PAGE] == []


@pytest.mark.parametrize("path", re.findall(r"`((?:plugin|handlers|tests)/[\w/.]+)`", PAGE))
def test_every_file_that_the_page_names_is_there(path: str) -> None:
    assert (Path(__file__).resolve().parents[2] / path).exists()
