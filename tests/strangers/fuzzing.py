"""Schemathesis over our own OpenAPI document, against the running town: an operation at a time, in a thread of its own,
because its client blocks and the server runs in the tests' event loop."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.schemas import APIOperation, BaseSchema

from handlers.reference import BY_PUBLISHABLE_KEY, BY_SERVER_KEY, BY_SHOPPER_SESSION, BY_STAFF_SESSION
from plugin.access.roles import Role
from tests.staffed import PASSWORD
from tests.strangers.staff_doors import open_invitation
from tests.strangers.town import Town

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "25"))
SEED = int(os.environ.get("FUZZ_SEED", "0"))


@dataclass(frozen=True)
class Keys:
    """What is shown at each operation: by the name of its security scheme, or for those that use a key up by label."""

    by_scheme: dict[str, str]
    by_label: dict[str, str] = field(default_factory=dict)

    def for_operation(self, operation: APIOperation[Any, Any, Any, Any]) -> dict[str, str]:
        named = [name for one in operation.definition.raw.get("security", []) for name in one]
        if not named or not self.by_scheme:
            return {}
        return {"Authorization": f"Bearer {self.by_label.get(operation.label, self.by_scheme[named[0]])}"}


async def keys_of(town: Town) -> Keys:
    new_shop, owner, ports = town.mine.world.new_shop, town.mine.staff[Role.OWNER], town.mine.world.ports
    return Keys(
        {
            BY_SERVER_KEY: new_shop.secret_key,
            BY_PUBLISHABLE_KEY: new_shop.publishable_key,
            BY_SHOPPER_SESSION: await town.mine.session(),
            BY_STAFF_SESSION: (await owner.open(ports))[1],
        },
        {"POST /v1/admin/sessions/end": (await owner.open(ports))[1]},
    )


async def known_values(town: Town) -> dict[str, str]:
    """What there really is, by the name of the input that takes it. ``code`` is a retention code: a mailed one opens
    once."""
    mine = town.mine
    invitation_id, token = await open_invitation(mine)
    session_id, _ = await mine.staff[Role.OWNER].open(mine.world.ports)
    return {
        "case_id": mine.case_id, "order_id": mine.order.id, "link": mine.link, "code": mine.code,
        "line_id": mine.order.lines[0].id, "member_id": mine.staff[Role.AGENT].id, "shop": mine.shop_id,
        "password": PASSWORD, "current": PASSWORD, "invitation_id": invitation_id, "token": token,
        "session_id": session_id,
    }  # fmt: skip


def load(town: Town) -> BaseSchema:
    url = str(town.http.base_url).rstrip("/")
    return schemathesis.openapi.from_url(f"{url}/schema/openapi.json")
