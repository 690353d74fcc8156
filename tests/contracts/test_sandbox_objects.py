"""The sandbox's documents against Stripe's published fixtures: every field is there, with a value of its type."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tests.fixtures_stripe import Till

SHARED = Path(os.environ.get("COMEBACK_SHARED", Path(__file__).parents[2].parent / "shared"))
FIXTURES = SHARED / "stripe" / "fixtures3.json"

pytestmark = pytest.mark.skipif(not FIXTURES.exists(), reason="Stripe's fixtures are not here")

Document = dict[str, Any]


def differences(ours: Document, theirs: Document, path: str = "") -> list[str]:
    """Fields of theirs that are missing in ours, and values of another type; null stands for any type."""
    found = []
    for name, value in theirs.items():
        here = f"{path}.{name}" if path else name
        mine = ours.get(name)
        if name not in ours:
            found.append(f"{here} is missing")
        elif value is None or mine is None:
            continue
        elif type(mine) is not type(value):
            found.append(f"{here} is a {type(mine).__name__}, not a {type(value).__name__}")
        elif isinstance(value, dict) and name not in ("metadata", "object"):
            found += differences(mine, value, here)
    return found


@pytest.fixture
async def documents(till: Till) -> dict[str, Document]:
    """One document of each kind, as the API answers it."""
    assert till.account.base is not None
    headers = {"Authorization": f"Bearer {till.account.api_key}"}
    reference = await till.control.pay(5000, "usd")
    await till.control.refund(reference, 1000)
    await till.control.open_dispute(reference, is_inquiry=True)
    async with httpx.AsyncClient(base_url=till.account.base, headers=headers) as client:
        coupon = (await client.post("/v1/coupons", data={"percent_off": "25.5", "id": "c1"})).json()
        promotion = {"promotion[type]": "coupon", "promotion[coupon]": "c1", "code": "FALL20"}
        await client.post("/v1/promotion_codes", data=promotion)
        session = {
            "mode": "payment", "success_url": "https://shop.invalid/", "cancel_url": "https://shop.invalid/",
            "line_items[0][quantity]": "1", "line_items[0][price_data][currency]": "usd",
            "line_items[0][price_data][unit_amount]": "700", "line_items[0][price_data][product_data][name]": "More",
        }  # fmt: skip
        checkout = (await client.post("/v1/checkout/sessions", data=session)).json()
        kinds = ("payment_intent", "charge", "refund", "dispute", "promotion_code", "event")
        pages = {kind: (await client.get(f"/v1/{kind}s")).json() for kind in kinds}
    return {"coupon": coupon, "checkout.session": checkout, **{kind: page["data"][0] for kind, page in pages.items()}}


@pytest.mark.parametrize(
    "kind",
    ["payment_intent", "charge", "refund", "dispute", "coupon", "promotion_code", "event", "checkout.session"],
)
def test_a_document_has_every_field_of_the_newest_api(kind: str, documents: dict[str, Document]) -> None:
    theirs = msgspec.json.decode(FIXTURES.read_bytes())["resources"][kind]
    if kind == "event":
        theirs["data"]["object"] = {}  # their example is about a plan
    assert differences(documents[kind], theirs) == []
