"""The doors of the admin API's policies, and what each needs of a person of the shop."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from plugin.access.roles import Permission
from plugin.policies.ready import default_policy
from tests.strangers.desk_doors import staff
from tests.strangers.door import Ask, Call, Door, about, constant
from tests.strangers.town import Placed

P = Permission
_PUBLISHES = {"draft": "0" * 64, "expected_live": 0}
_LATER = {"draft": "0" * 64, "live_from": "2099-01-01T00:00:00Z"}
_PROMOTES = {"row": "high-value", "mode": "automatic", "expected_live": 0}


def document() -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(default_policy())
    return found


def posts(path: str, body: Any) -> Ask:
    return about(lambda o: f"/v1/admin/policies{path}", lambda o: body)


async def a_draft(order: Placed) -> Call:
    return Call("/v1/admin/policies/draft", document())


def reads(path: str) -> Door:
    return staff(constant(f"/v1/admin/policies{path}"), P.READ_POLICIES)


# In this order: the draft that is read is written before. Whoever may publish gets a 409 here: the version that the
# call names is not the live one, or the draft is another.
POLICY_DOORS: dict[str, Door] = {
    "GET /v1/admin/policies": reads(""),
    "GET /v1/admin/policies/schema": reads("/schema"),
    "GET /v1/admin/policies/live": reads("/live"),
    "GET /v1/admin/policies/versions/{number}": reads("/versions/1"),
    "GET /v1/admin/policies/agreement": reads("/agreement"),
    "POST /v1/admin/policies/check": staff(posts("/check", document()), P.READ_POLICIES),
    "POST /v1/admin/policies/diff": staff(posts("/diff", document()), P.READ_POLICIES),
    "PUT /v1/admin/policies/draft": staff(a_draft, P.WRITE_POLICIES),
    "GET /v1/admin/policies/draft": reads("/draft"),
    "POST /v1/admin/policies/draft/publish": staff(posts("/draft/publish", _PUBLISHES), P.PUBLISH_POLICIES),
    "POST /v1/admin/policies/draft/schedule": staff(posts("/draft/schedule", _LATER), P.PUBLISH_POLICIES),
    "DELETE /v1/admin/policies/draft": staff(
        constant("/v1/admin/policies/draft", **{"If-Match": "0" * 64}), P.WRITE_POLICIES
    ),
    # Nothing is scheduled in the town: who may ask is told so, which looks like a closed door.
    "GET /v1/admin/policies/scheduled": replace(reads("/scheduled"), tries=0),
    "POST /v1/admin/policies/scheduled/unschedule": replace(
        staff(posts("/scheduled/unschedule", {}), P.PUBLISH_POLICIES), tries=0
    ),
    "POST /v1/admin/policies/versions/{number}/publish": staff(
        posts("/versions/1/publish", {"expected_live": 0}), P.PUBLISH_POLICIES
    ),
    "POST /v1/admin/policies/promote": staff(posts("/promote", _PROMOTES), P.PUBLISH_POLICIES),
}
