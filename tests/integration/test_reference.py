"""The OpenAPI description says what really happens, failures included."""

from __future__ import annotations

from typing import Any

from litestar import post
from litestar.params import FromPath, JSONBody
from litestar.testing import AsyncTestClient
from msgspec import Struct

from handlers.app import create_app
from handlers.problems import PROBLEM_JSON, problem_responses
from handlers.reference import BY_SHOPPER_SESSION
from handlers.web import build_app
from plugin.settings import Settings


class Ask(Struct):
    quantity: int


@post(
    "/v1/orders/{order_id:str}/ask",
    security=[{BY_SHOPPER_SESSION: []}],
    responses=problem_responses({409: "The decision has changed since the preview."}),
)
async def ask(order_id: FromPath[str], data: JSONBody[Ask]) -> Ask:
    """Ask for something."""
    return data


async def described() -> dict[str, Any]:
    app = create_app(Settings(public_address="https://comeback.test"), route_handlers=[ask])
    async with AsyncTestClient(app) as client:
        document: dict[str, Any] = (await client.get("/schema/openapi.json")).json()
    return document


async def test_the_description_is_openapi_3_1_with_its_four_keys() -> None:
    document = await described()
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": "https://comeback.test"}]
    assert set(document["components"]["securitySchemes"]) == {
        "secretKey", "publishableKey", "shopperSession", "staffSession"
    }  # fmt: skip
    assert {tag["name"] for tag in document["tags"]} >= {"Webhooks", "Orders", "Checkout"}
    assert "/metrics" not in document["paths"]


async def test_every_failure_is_described_as_a_problem() -> None:
    document = await described()
    (path,) = (path for path in document["paths"] if path.endswith("/ask"))
    responses = document["paths"][path]["post"]["responses"]
    assert set(responses) == {"201", "400", "409", "default"}
    for status in ("400", "409", "default"):
        (schema,) = (content["schema"] for content in responses[status]["content"].values())
        assert list(responses[status]["content"]) == [PROBLEM_JSON]
        assert schema == {"$ref": "#/components/schemas/Problem"}
    assert "code" in document["components"]["schemas"]["Problem"]["required"]


async def test_no_page_of_the_reference_names_an_outside_asset() -> None:
    async with AsyncTestClient(create_app(Settings())) as client:
        for path in ("/docs", "/docs/problems"):
            text = (await client.get(path)).text
            assert 'src="/static/' in text or "<script" not in text
            assert 'src="http' not in text
            assert '<link rel="stylesheet' not in text


def test_every_list_of_the_service_says_what_it_holds() -> None:
    """Litestar loses what ``Annotated[tuple[X, ...], Meta(...)]`` holds: anything at all would be valid in it."""
    schemas = build_app(Settings(), connected=True).openapi_schema.to_schema()["components"]["schemas"]
    lists = {
        f"{name}.{member}": schema["items"]
        for name, ask in schemas.items()
        for member, schema in ask.get("properties", {}).items()
        if schema.get("type") == "array"
    }
    assert lists["InspectAsk.photos"] == {"type": "string", "minLength": 1, "maxLength": 40}
    assert {name for name, items in lists.items() if not items or {} in items.get("oneOf", ())} == set()
