"""``comeback policy diff`` and ``backtest`` as a person runs them."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from plugin.policies.document import Policy, canonical_policy
from plugin.policies.ready import default_policy
from tests.fixtures_command import Comeback


@pytest.fixture
async def shop(comeback: Comeback) -> str:
    return str((await comeback("shop", "create", "Lumen", "--json")).json["shop"])


def written(path: Path, policy: Policy) -> str:
    path.write_bytes(canonical_policy(policy))
    return str(path)


@pytest.fixture
def draft(tmp_path: Path) -> str:
    """The default without its row for gift cards."""
    policy = default_policy()
    return written(tmp_path / "draft.json", replace(policy, rows=policy.rows[1:]))


async def test_a_draft_is_compared_with_what_decides_now(comeback: Comeback, shop: str, draft: str) -> None:
    told = await comeback("policy", "diff", draft)
    assert told.status == 0
    assert all(line.startswith("• Cancellation, ") and "goods gift card" in line for line in told.out.splitlines())
    (change, *_) = (await comeback("policy", "diff", draft, "--shop", shop, "--json")).json["changes"]
    assert change["old_rows"] == ["gift-cards"]
    assert change["example"]["facts"]["lines"][0]["kind"] == "gift_card"


async def test_two_files_are_compared_without_a_shop(comeback: Comeback, draft: str, tmp_path: Path) -> None:
    same = written(tmp_path / "same.json", replace(default_policy(), name="Another name"))
    live = written(tmp_path / "live.json", default_policy())
    assert (await comeback("policy", "diff", live, "--against", same)).out == "✓ Nobody's answer changes.\n"
    missing = await comeback("policy", "diff", draft, "--against", "nowhere.json")
    assert (missing.status, "nowhere.json is no file" in missing.err) == (1, True)


async def test_which_shop_must_be_said_where_there_are_several(comeback: Comeback, shop: str, draft: str) -> None:
    await comeback("shop", "create", "Another", "--json")
    for command in ("diff", "backtest"):
        refused = await comeback("policy", command, draft)
        assert (refused.status, "--shop" in refused.err) == (1, True)


async def test_a_draft_is_tried_on_an_empty_past(comeback: Comeback, shop: str, draft: str) -> None:
    tried = await comeback("policy", "backtest", draft, "--days", "30")
    assert (tried.status, "0 of 0 change." in tried.out) == (0, True)
    assert (await comeback("policy", "backtest", draft, "--json")).json["asks"]["decided"] == 0
