"""How the sandbox speaks: keys, idempotency, pages, expansions and refusals, in Stripe's words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from plugin.payments.sandbox.control_client import ControlRefused
from plugin.payments.sandbox.faults import FaultKind
from plugin.payments.sandbox.server import RunningSandbox
from tests.fixtures_stripe import Till


@dataclass(frozen=True)
class Wire:
    """The API by hand: what the SDK would hide."""

    client: httpx.AsyncClient

    async def post(self, path: str, key: str | None = None, **form: str) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return await self.client.post(f"/v1/{path}", data=form, headers=headers)

    async def get(self, path: str, **query: str) -> Any:
        return (await self.client.get(f"/v1/{path}", params=query)).json()

    async def error(self, path: str, key: str | None = None, **form: str) -> tuple[int, str | None, str | None]:
        """Status, code and parameter of a refusal."""
        response = await self.post(path, key, **form)
        error = response.json()["error"]
        return response.status_code, error.get("code"), error.get("param")


@pytest.fixture
async def wire(till: Till, sandbox: RunningSandbox) -> AsyncIterator[Wire]:
    headers = {"Authorization": f"Bearer {till.account.api_key}"}
    async with httpx.AsyncClient(base_url=sandbox.url, headers=headers) as client:
        yield Wire(client)


@pytest.mark.parametrize("authorization", [None, "Bearer sk_live_1", "Bearer", "Basic c2tfbGl2ZTo=", "Basic a"])
async def test_only_a_test_key_opens_the_sandbox(sandbox: RunningSandbox, authorization: str | None) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    async with httpx.AsyncClient(base_url=sandbox.url, headers=headers) as client:
        response = await client.get("/v1/account")
    assert (response.status_code, response.json()["error"]["type"]) == (401, "invalid_request_error")


async def test_curl_s_basic_authentication_works_too(sandbox: RunningSandbox) -> None:
    async with httpx.AsyncClient(base_url=sandbox.url, auth=("sk_test_curl", "")) as client:
        assert (await client.get("/v1/account")).status_code == 200


async def test_a_key_replays_status_and_body_and_says_so(till: Till, wire: Wire) -> None:
    reference = await till.control.pay(5000, "usd")
    first = await wire.post("refunds", "key_1", payment_intent=reference, amount="100")
    again = await wire.post("refunds", "key_1", payment_intent=reference, amount="100")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"


async def test_a_decline_is_replayed_and_a_bad_parameter_is_not(wire: Wire) -> None:
    declined = {"amount": "100", "currency": "usd", "confirm": "true", "payment_method": "pm_card_chargeDeclined"}
    assert await wire.error("payment_intents", "key_1", **declined) == (402, "card_declined", None)
    assert await wire.error("payment_intents", "key_1", **declined) == (402, "card_declined", None)
    assert len((await wire.get("payment_intents"))["data"]) == 1

    assert (await wire.error("payment_intents", "key_2", amount="x", currency="usd"))[0] == 400
    assert (await wire.post("payment_intents", "key_2", amount="1", currency="usd")).status_code == 200


async def test_a_key_is_bound_to_its_parameters_for_a_day(till: Till, wire: Wire) -> None:
    reference = await till.control.pay(5000, "usd")
    await wire.post("refunds", "key_1", payment_intent=reference, amount="100")
    other = await wire.post("refunds", "key_1", payment_intent=reference, amount="200")
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")

    await till.control.set_clock(24 * 3600 - 60)
    assert (await wire.post("refunds", "key_1", payment_intent=reference, amount="200")).status_code == 400
    await till.control.set_clock(24 * 3600 + 60)
    assert (await wire.post("refunds", "key_1", payment_intent=reference, amount="200")).status_code == 200


async def test_pages_are_walked_both_ways_newest_first(till: Till, wire: Wire) -> None:
    ids = [await till.control.pay(100 + number, "usd") for number in range(5)][::-1]
    first = await wire.get("payment_intents", limit="2")
    assert ([row["id"] for row in first["data"]], first["has_more"]) == (ids[:2], True)
    second = await wire.get("payment_intents", limit="2", starting_after=ids[1])
    assert ([row["id"] for row in second["data"]], second["has_more"]) == (ids[2:4], True)
    last = await wire.get("payment_intents", limit="2", starting_after=ids[3])
    assert ([row["id"] for row in last["data"]], last["has_more"]) == (ids[4:], False)
    back = await wire.get("payment_intents", limit="2", ending_before=ids[3])
    assert ([row["id"] for row in back["data"]], back["has_more"]) == (ids[1:3], True)


async def test_references_are_expanded_on_request(till: Till, wire: Wire) -> None:
    reference = await till.control.pay(5000, "usd")
    await till.control.refund(reference)
    intent = await wire.get(f"payment_intents/{reference}", **{"expand[]": "latest_charge"})
    assert intent["latest_charge"]["payment_intent"] == reference
    refunds = await wire.get("refunds", **{"expand[0]": "data.charge.payment_intent"})
    assert refunds["data"][0]["charge"]["payment_intent"]["id"] == reference
    plain = await wire.get(f"payment_intents/{reference}")
    assert plain["latest_charge"] == intent["latest_charge"]["id"]


@pytest.mark.parametrize(
    ("form", "code", "param"),
    [
        ({"currency": "usd"}, "parameter_missing", "amount"),
        ({"amount": "100"}, "parameter_missing", "currency"),
        ({"amount": "1.5", "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": "0", "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": "100", "currency": "usdollar"}, None, "currency"),
        ({"amount": "1001", "currency": "kwd"}, "parameter_invalid_integer", "amount"),
        ({"amount": "150", "currency": "isk"}, "parameter_invalid_integer", "amount"),
        ({"amount": "100", "currency": "usd", "amout": "1"}, "parameter_unknown", "amout"),
        ({"amount": "100", "currency": "usd", "capture_method": "later"}, None, "capture_method"),
        ({"amount": "100", "currency": "usd", "confirm": "yes"}, None, "confirm"),
        ({"amount[x]": "100", "currency": "usd"}, None, "amount"),
        ({"amount": "100", "currency": "usd", "metadata[a]": "1", "metadata[a][b]": "2"}, None, "metadata[a][b]"),
    ],
)
async def test_a_bad_parameter_is_named(wire: Wire, form: dict[str, str], code: str | None, param: str) -> None:
    assert await wire.error("payment_intents", **form) == (400, code, param)


async def test_an_unknown_address_and_an_unknown_method_are_refused(wire: Wire) -> None:
    assert (await wire.error("payment_intent"))[0] == 404
    form = {"amount": "100", "currency": "usd", "payment_method": "pm_1"}
    assert await wire.error("payment_intents", **form) == (400, "resource_missing", "payment_method")


async def test_a_payment_is_created_changed_confirmed_and_then_closed(wire: Wire) -> None:
    intent = (await wire.post("payment_intents", **{"amount": "100", "currency": "usd", "metadata[a]": "1"})).json()
    path = f"payment_intents/{intent['id']}"
    assert intent["status"] == "requires_payment_method"
    assert await wire.error(f"{path}/confirm") == (400, "payment_intent_unexpected_state", None)

    changed = (await wire.post(path, **{"amount": "200", "metadata[b]": "2", "metadata[a]": ""})).json()
    assert (changed["amount"], changed["metadata"]) == (200, {"b": "2"})
    confirmed = (await wire.post(f"{path}/confirm", payment_method="pm_card_amex")).json()
    assert (confirmed["status"], confirmed["amount_received"]) == ("succeeded", 200)
    for action in ("confirm", "cancel", "capture"):
        assert await wire.error(f"{path}/{action}") == (400, "payment_intent_unexpected_state", None)
    assert (await wire.error(path, amount="300"))[1] == "payment_intent_unexpected_state"
    assert (await wire.post(path, metadata="")).json()["metadata"] == {}


async def test_a_part_is_captured_and_the_rest_let_go(till: Till, wire: Wire) -> None:
    reference = await till.control.pay(5000, "usd", is_manual=True)
    path = f"payment_intents/{reference}/capture"
    assert await wire.error(path, amount_to_capture="5001") == (400, "amount_too_large", "amount_to_capture")
    captured = (await wire.post(path, amount_to_capture="3000")).json()
    charge = await wire.get(f"charges/{captured['latest_charge']}")
    assert (captured["amount_received"], charge["amount_captured"], charge["amount_refunded"]) == (3000, 3000, 2000)
    assert len((await wire.get("events", type="charge.captured"))["data"]) == 1
    payment = await till.control.payment(reference)
    assert ([refund.is_release for refund in payment.refunds], payment.refunded) == ([True], 0)
    assert (await wire.error("refunds", payment_intent=reference, amount="3001"))[2] == "amount"
    assert (await wire.post("refunds", charge=charge["id"])).json()["amount"] == 3000


async def test_only_a_refund_that_requires_action_can_be_cancelled(till: Till, wire: Wire) -> None:
    reference = await till.control.pay(5000, "usd")
    refund_id = await till.control.refund(reference, 1000)
    assert (await wire.error(f"refunds/{refund_id}/cancel"))[0] == 400
    await till.control.settle_refund(refund_id, "requires_action")
    assert (await wire.post(f"refunds/{refund_id}/cancel")).json()["status"] == "canceled"
    assert (await till.control.payment(reference)).refunded == 0
    with pytest.raises(ControlRefused):
        await till.control.settle_refund(refund_id, "succeeded")


async def test_a_refund_takes_metadata_later(till: Till, wire: Wire) -> None:
    refund_id = await till.control.refund(await till.control.pay(5000, "usd"))
    await wire.post(f"refunds/{refund_id}", **{"metadata[note]": "by phone"})
    assert (await wire.get(f"refunds/{refund_id}"))["metadata"] == {"note": "by phone"}


async def test_an_active_promotion_code_is_found_by_its_code_and_is_unique(wire: Wire) -> None:
    await wire.post("coupons", id="c1", amount_off="500", currency="usd", max_redemptions="1")
    assert await wire.error("coupons", id="c1", percent_off="5") == (400, "resource_already_exists", "id")
    form = {"promotion[type]": "coupon", "promotion[coupon]": "c1", "code": "back-1"}
    made = (await wire.post("promotion_codes", **form)).json()
    assert (await wire.error("promotion_codes", **form))[1] == "resource_already_exists"
    assert [row["id"] for row in (await wire.get("promotion_codes", code="BACK-1"))["data"]] == [made["id"]]
    path = f"promotion_codes/{made['id']}"
    assert (await wire.get(path, **{"expand[]": "promotion.coupon"}))["promotion"]["coupon"]["amount_off"] == 500
    await wire.post(path, active="false")
    assert (await wire.get("promotion_codes", code="BACK-1", active="true"))["data"] == []


async def test_events_are_kept_with_the_request_that_caused_them(till: Till, wire: Wire) -> None:
    reference = await till.control.pay(5000, "usd")
    await wire.post("refunds", "key_1", payment_intent=reference, amount="100")
    (event,) = (await wire.get("events", type="charge.refunded"))["data"]
    assert event["data"]["previous_attributes"] == {"amount_refunded": 0}
    assert event["request"]["idempotency_key"] == "key_1"
    assert await wire.get(f"events/{event['id']}") == event


async def test_a_webhook_endpoint_shows_its_secret_once(wire: Wire) -> None:
    made = (
        await wire.post("webhook_endpoints", **{"url": "http://127.0.0.1:9/hooks", "enabled_events[]": "*"})
    ).json()  # fmt: skip
    assert made["secret"].startswith("whsec_")
    (listed,) = (await wire.get("webhook_endpoints"))["data"]
    assert "secret" not in listed
    await wire.client.delete(f"/v1/webhook_endpoints/{made['id']}")
    assert (await wire.get("webhook_endpoints"))["data"] == []


async def test_the_balance_is_shown_where_it_is_limited(till: Till, wire: Wire) -> None:
    await till.control.set_balance("usd", 100)
    await till.control.pay(5000, "usd")
    await till.control.refund((await wire.get("payment_intents"))["data"][0]["id"], 600)
    assert (await wire.get("balance"))["available"] == [
        {"amount": 4500, "currency": "usd", "source_types": {"card": 4500}}
    ]


async def test_a_switch_can_stay_on_until_it_is_mended(till: Till, wire: Wire) -> None:
    await till.control.break_next(FaultKind.ANSWER_429, "* /v1/balance", times=None)
    for _ in range(3):
        assert (await wire.client.get("/v1/balance")).status_code == 429
    assert (await wire.client.get("/v1/account")).status_code == 200
    await till.control.mend()
    assert (await wire.client.get("/v1/balance")).status_code == 200


async def test_control_calls_that_make_no_sense_are_refused(sandbox: RunningSandbox, till: Till) -> None:
    async with httpx.AsyncClient(base_url=sandbox.url) as client:
        assert (await client.post("/_sandbox/nothing")).status_code == 404
        assert (await client.post("/_sandbox/refunds", content=b"{}")).status_code == 400
    with pytest.raises(ControlRefused):
        await till.control.refund("pi_nowhere")
    with pytest.raises(ControlRefused):
        await till.control.settle_refund(await till.control.refund(await till.control.pay(100, "usd")))
