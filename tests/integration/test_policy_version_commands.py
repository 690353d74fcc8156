"""``comeback policy`` as a person runs it: from a draft to the version that decides, and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from plugin import db
from plugin.policies.document import canonical_policy
from plugin.policies.ready import default_policy
from tests.fixtures_command import Comeback


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.json"
    path.write_bytes(canonical_policy(replace(default_policy(), name="Mine")))
    return path


@pytest.fixture
async def shop(comeback: Comeback) -> str:
    return str((await comeback("shop", "create", "Lumen", "--time-zone", "Europe/Madrid", "--json")).json["shop"])


async def listed(comeback: Comeback, shop: str) -> list[tuple[int | None, str, str]]:
    found = (await comeback("policy", "list", shop, "--json")).json
    return [(each["number"], each["state"], each["name"]) for each in found]


async def test_a_file_is_published_at_once_and_an_old_version_again(comeback: Comeback, shop: str, file: Path) -> None:
    done = await comeback("policy", "publish", shop, str(file), "--by", "ana", "--expect", "1")
    assert (done.status, done.out) == (0, "✓ Version 2 decides from now on.\n")
    late = await comeback("policy", "publish", shop, str(file), "--expect", "1")
    assert late.status == 1
    assert "Version 2 is live since" in late.err
    assert "published by ana" in late.err
    back = await comeback("policy", "rollback", shop, "1", "--expect", "2")
    assert back.out == "✓ Version 3, the same as 1, decides from now on.\n"
    first, third = await comeback("policy", "show", shop, "1"), await comeback("policy", "show", shop)
    assert first.json == third.json
    assert [number for number, _, _ in await listed(comeback, shop)] == [3, 2, 1]


async def test_a_draft_is_scheduled_taken_back_and_thrown_away(comeback: Comeback, shop: str, file: Path) -> None:
    drafted = await comeback("policy", "draft", shop, str(file))
    assert "To have it decide: comeback policy publish" in drafted.out
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}T12:00"
    scheduled = await comeback("policy", "publish", shop, "--at", tomorrow)
    assert "1:00 UTC on." in scheduled.out or "0:00 UTC on." in scheduled.out  # noon in Madrid, winter or summer
    assert [state for _, state, _ in await listed(comeback, shop)] == ["scheduled", "live"]
    assert (await comeback("policy", "unschedule", shop)).status == 0
    other = await comeback("policy", "discard", shop, "--draft", "0" * 12)
    assert "The draft was written by comeback policy" in other.err
    assert (await comeback("policy", "discard", shop)).status == 0
    assert [state for _, state, _ in await listed(comeback, shop)] == ["live"]
    assert (await comeback("policy", "show", shop, "draft")).err == "This shop has no draft of a policy.\n"
    assert "is no time" in (await comeback("policy", "publish", shop, str(file), "--at", "soon")).err


async def test_a_row_is_promoted_with_its_agreement_before_it(comeback: Comeback, shop: str) -> None:
    none = await comeback("policy", "agreement", shop)
    assert none.out == "No row is on trial: the policy answers by itself.\n"
    assert (await comeback("policy", "promote", shop, "gift-cards", "shadow", "--yes")).status == 0
    (row,) = (await comeback("policy", "agreement", shop, "--json")).json
    assert (row["row"], row["mode"], row["agreed"]) == ("gift-cards", "shadow", 0)
    asked = await comeback("policy", "promote", shop, "gift-cards", "automatic")
    assert asked.status == 1
    assert "gift-cards" in asked.out
    drafted = await comeback("policy", "promote", shop, "gift-cards", "automatic", "--draft", "--yes")
    assert "is saved" in drafted.out
    published = await comeback("policy", "publish", shop)
    assert published.out == "✓ Version 3 decides from now on.\n"
    unknown = await comeback("policy", "promote", shop, "nobody", "shadow", "--yes")
    assert "no row 'nobody'" in unknown.err


async def test_where_a_second_person_is_needed_the_command_says_so(
    comeback: Comeback, shop: str, file: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text('{"publishing": {"second_person": "always"}}')
    assert (await comeback("shop", "settings", shop, str(settings), "--by", "ana")).status == 0
    (changed,) = await db.rows("SELECT canonical FROM audit_events WHERE kind = 'settings_changed'")
    assert '"changed":["time_zone","publishing"],"second_person":"always"' in changed["canonical"]
    assert '"actor":"ana"' in changed["canonical"]
    await comeback("policy", "draft", shop, str(file))
    alone = await comeback("policy", "publish", shop)
    assert alone.err.startswith("In this shop a colleague publishes what you wrote.")
    assert (await comeback("policy", "publish", shop, "--by", "ben")).status == 0
