"""Which versions decide about an order: the one that is live now, and the one that was when it was placed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from plugin.core.errors import DomainError
from plugin.db import rows
from plugin.policies.models import PolicyVersion
from plugin.policies.rules import Rules, compile_policy
from plugin.policies.versions import policy_of


class NoPolicy(DomainError):
    status = 409
    code = "no_policy"
    sentence = "This shop has not published a policy yet."


@dataclass(frozen=True)
class LivePolicy:
    """A version that decides, compiled."""

    id: str
    hash: str
    rules: Rules


@dataclass(frozen=True)
class OrderPolicies:
    """``at_purchase`` is ``now`` where the policy is the same, or where none was live yet when the order was placed:
    nothing was promised then."""

    now: LivePolicy
    at_purchase: LivePolicy


# A scheduled version decides from its time on, be it that housekeeping has not put it live yet.
_NOW = (
    "SELECT id, hash FROM policy_versions WHERE shop_id = $1 AND (state = 'live' OR "
    "state = 'scheduled' AND live_from <= $2) ORDER BY state = 'scheduled' DESC LIMIT 1"
)
_THEN = (
    "SELECT id, hash FROM policy_versions WHERE shop_id = $1 AND live_from <= LEAST($2, $3::timestamptz) "
    "ORDER BY live_from DESC, number DESC NULLS FIRST LIMIT 1"
)

# Compiled once a process. A version never changes, and its hash is over its whole document, so nothing goes stale.
_COMPILED: dict[str, Rules] = {}
MOST_COMPILED = 256


async def live_policy(shop_id: str, at: datetime) -> LivePolicy:
    """The policy that decides at ``at``, which is now; raises ``NoPolicy``."""
    live = await rows(_NOW, shop_id, at)
    if not live:
        raise NoPolicy()
    return await _compiled(live[0]["id"], live[0]["hash"])


async def policies_of_order(shop_id: str, placed_at: datetime, at: datetime) -> OrderPolicies:
    """What decides at ``at``, which is now, about an order of ``placed_at``; raises ``NoPolicy``."""
    (found,) = await rows(
        f"SELECT ARRAY({_pair(_NOW)}) AS now, ARRAY({_pair(_THEN)}) AS at_purchase", shop_id, at, placed_at
    )
    if not found["now"]:
        raise NoPolicy()
    now = await _compiled(*found["now"][0])
    if not found["at_purchase"] or found["at_purchase"][0][1] == now.hash:
        return OrderPolicies(now, now)
    return OrderPolicies(now, await _compiled(*found["at_purchase"][0]))


def _pair(select: str) -> str:
    return select.replace("SELECT id, hash", "SELECT (id, hash)", 1)


async def _compiled(policy_id: str, policy_hash: str) -> LivePolicy:
    rules = _COMPILED.get(policy_hash)
    if rules is None:
        version = await PolicyVersion.get(id=policy_id)
        if len(_COMPILED) >= MOST_COMPILED:
            _COMPILED.pop(next(iter(_COMPILED)))
        rules = _COMPILED[policy_hash] = compile_policy(policy_of(version))
    return LivePolicy(policy_id, policy_hash, rules)
