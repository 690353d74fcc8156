"""Publishing immutable policy versions, and finding the one that is live."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from plugin.core.errors import DomainError
from plugin.core.ids import new_id
from plugin.db import Transaction, rows
from plugin.policies.document import Policy, parse_policy, policy_hash
from plugin.policies.models import PolicyVersion
from plugin.policies.rules import Rules, compile_policy


class NoPolicy(DomainError):
    status = 409
    code = "no_policy"
    sentence = "This shop has not published a policy yet."


@dataclass(frozen=True)
class LivePolicy:
    """The version that decides now, compiled."""

    id: str
    number: int
    hash: str
    rules: Rules


# Compiled once a process. A version never changes, and its hash is over its whole document, so nothing goes stale.
_COMPILED: dict[str, Rules] = {}
MOST_COMPILED = 256


async def publish(tx: Transaction, *, shop_id: str, policy: Policy, by: str, at: datetime) -> PolicyVersion:
    """Make ``policy`` the live version; the one before is archived and stays readable for the cases it decided."""
    await tx.execute("SELECT id FROM shops WHERE id = $1 FOR UPDATE", shop_id)
    before = await PolicyVersion.filter(shop_id=shop_id).using_db(tx.connection).order_by("-number").first()
    await tx.execute("UPDATE policy_versions SET state = 'archived' WHERE shop_id = $1 AND state = 'live'", shop_id)
    version = PolicyVersion(
        id=new_id("pol"),
        shop_id=shop_id,
        number=before.number + 1 if before else 1,
        hash=policy_hash(policy),
        document=msgspec.to_builtins(policy),
        state="live",
        published_by=by,
        published_at=at,
    )
    await version.save(using_db=tx.connection)
    return version


async def live_policy(shop_id: str) -> LivePolicy:
    """The policy that decides now; raises ``NoPolicy``."""
    live = await rows("SELECT id, number, hash FROM policy_versions WHERE shop_id = $1 AND state = 'live'", shop_id)
    if not live:
        raise NoPolicy()
    return LivePolicy(**live[0], rules=await _rules_of(live[0]["id"], live[0]["hash"]))


async def _rules_of(policy_id: str, policy_hash: str) -> Rules:
    rules = _COMPILED.get(policy_hash)
    if rules is None:
        version = await PolicyVersion.get(id=policy_id)
        if len(_COMPILED) >= MOST_COMPILED:
            _COMPILED.pop(next(iter(_COMPILED)))
        rules = _COMPILED[policy_hash] = compile_policy(parse_policy(msgspec.json.encode(version.document)))
    return rules
