"""Schemathesis over our own OpenAPI document, against the running town: an operation at a time, in a thread of its own,
because its client blocks and the server runs in the tests' event loop."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import schemathesis
from schemathesis.schemas import APIOperation, BaseSchema

from handlers.reference import BY_PUBLISHABLE_KEY, BY_SERVER_KEY, BY_SHOPPER_SESSION
from tests.strangers.town import Town

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "25"))
SEED = int(os.environ.get("FUZZ_SEED", "0"))


@dataclass(frozen=True)
class Keys:
    """What is shown at each operation: by the name of its security scheme."""

    by_scheme: dict[str, str]

    def for_operation(self, operation: APIOperation[Any, Any, Any, Any]) -> dict[str, str]:
        named = [name for one in operation.definition.raw.get("security", []) for name in one]
        return {"Authorization": f"Bearer {self.by_scheme[named[0]]}"} if named and self.by_scheme else {}


async def keys_of(town: Town) -> Keys:
    new_shop = town.mine.world.new_shop
    return Keys(
        {
            BY_SERVER_KEY: new_shop.secret_key,
            BY_PUBLISHABLE_KEY: new_shop.publishable_key,
            BY_SHOPPER_SESSION: await town.mine.session(),
        }
    )


async def known_values(town: Town) -> dict[str, str]:
    """What there really is, by the name of the input that takes it. ``code`` is a retention code: a mailed one opens
    once."""
    mine = town.mine
    return {
        "case_id": mine.case_id, "order_id": mine.order.id, "link": mine.link, "code": mine.code,
        "line_id": mine.order.lines[0].id,
    }  # fmt: skip


def load(town: Town) -> BaseSchema:
    url = str(town.http.base_url).rstrip("/")
    return schemathesis.openapi.from_url(f"{url}/schema/openapi.json")
