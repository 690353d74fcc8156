"""``comeback policy`` on files: nothing of it needs a shop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.fixtures_command import Comeback

REFUSED = {"outcome": "refuse", "reason": "final_sale"}


def written(folder: Path, *rows: dict[str, Any], **rest: Any) -> str:
    document = {"format": 1, "name": "Test", "rows": rows, "otherwise": {"cancel": {"outcome": "approve"}}} | rest
    file = folder / "policy.json"
    file.write_text(json.dumps(document))
    return str(file)


async def test_a_ready_made_policy_is_printed_and_needs_no_remark(comeback: Comeback, tmp_path: Path) -> None:
    listed = await comeback("policy", "ready")
    assert [line.split()[0] for line in listed.out.splitlines()] == [
        "default", "fashion", "electronics", "food", "made-to-order",
    ]  # fmt: skip
    fashion = await comeback("policy", "ready", "fashion")
    (tmp_path / "fashion.json").write_text(fashion.out)
    checked = await comeback("policy", "check", str(tmp_path / "fashion.json"))
    assert (checked.status, checked.out) == (0, "✓ It can be published. 22 rows, 0 warnings.\n")
    unknown = await comeback("policy", "ready", "hats")
    assert (unknown.status, unknown.err.startswith("A ready-made policy is one of default, fashion")) == (1, True)


async def test_what_is_wrong_is_said_by_row_and_ends_with_one(comeback: Comeback, tmp_path: Path) -> None:
    row = {"id": "sale", "action": "return", "when": {"countries": ["DE"], "final_sale": True}, "then": REFUSED}
    file = written(tmp_path, row)
    told = await comeback("policy", "check", file)
    assert told.status == 1
    assert "✗ Row sale refuses, which is below the law of DE (14 days: Directive 2011/83/EU" in told.out
    assert "https://eur-lex.europa.eu/eli/dir/2011/83/oj" in told.out
    assert "It cannot be published: 1 of 2 remarks are errors." in told.out
    as_json = await comeback("policy", "check", file, "--country", "DE", "--json")
    assert (as_json.status, as_json.json["ok"]) == (1, False)
    assert [(each["severity"], each["row"], each["code"]) for each in as_json.json["remarks"]] == [
        ("error", "sale", "below_law"), ("warning", "otherwise", "below_law"),
    ]  # fmt: skip
    assert as_json.json["remarks"][0]["countries"] == ["DE"]


async def test_a_document_that_cannot_be_read_names_the_row_and_the_field(comeback: Comeback, tmp_path: Path) -> None:
    row = {"id": "week", "action": "return", "when": {"since_placed": {"at_most": {"days": -7}}}, "then": REFUSED}
    file = written(tmp_path, row)
    told = await comeback("policy", "check", file)
    assert (told.status, told.out) == (1, "")
    assert told.err.startswith("Row 1 (week), when.since_placed.at_most.days: ")
    as_json = (await comeback("policy", "check", file, "--json")).json
    assert (as_json["ok"], as_json["problem"]["row"], as_json["problem"]["field"]) == (
        False, "week", "when.since_placed.at_most.days",
    )  # fmt: skip


async def test_a_terminal_is_not_obeyed_by_what_a_file_says(comeback: Comeback, tmp_path: Path) -> None:
    row = {"id": "a\x1b[2J\u202eb[red]", "action": "return", "when": {}, "then": REFUSED}
    told = await comeback("policy", "check", written(tmp_path, row))
    assert told.status == 1
    assert "\x1b" not in told.err
    assert "\u202e" not in told.err
    assert "a\\x1b[2J\\u202eb[red]" in told.err


async def test_the_schema_is_printed(comeback: Comeback) -> None:
    schema = (await comeback("policy", "schema")).json
    assert "Policy" in schema["$defs"]
