"""What docs/policies.md claims is run: its examples are read and linted, and its tables are those of the code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from plugin.credit.law import LEAST_LIVES, LEFT_TO_THE_SHOP, LeastLife
from plugin.policies.conditions import When
from plugin.policies.document import Calendar, Policy, Selector, Then, parse_policy
from plugin.policies.law.conformities import CONFORMITIES
from plugin.policies.law.statutes import Conformity, Start, Statute, Withdrawal
from plugin.policies.law.withdrawals import WITHDRAWALS
from plugin.policies.lint import has_errors, lint
from plugin.policies.ready_made.shelf import READY
from plugin.policies.reasons import FaultKind, GoodsKind, Payer, Resolution

PAGE = (Path(__file__).resolve().parents[2] / "docs/policies.md").read_text(encoding="utf-8")
EXAMPLES: list[dict[str, Any]] = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
ROWS = [example for example in EXAMPLES if "id" in example]
APPROVE = {"outcome": "approve"}


def in_a_document(example: dict[str, Any]) -> dict[str, Any]:
    """An example is a whole document, a row, or members of a document."""
    if "format" in example:
        return example
    members = {"rows": [example]} if "id" in example else example
    return {
        "format": 1, "name": "Example", "rows": [], "otherwise": {"cancel": APPROVE, "return": APPROVE},
        "goods": {"perishable": {"tags": ["cake"]}, "sealed_hygiene": {"tags": ["make-up"]}},
    } | members  # fmt: skip


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.get("id", "members"))
def test_every_example_is_read_and_has_no_error(example: dict[str, Any]) -> None:
    assert not has_errors(lint(parse_policy(in_a_document(example))))


def test_every_field_has_an_example() -> None:
    conditions = {name for row in ROWS for name in row["when"]}
    answers = {name for row in ROWS for name in row["then"]}
    members = {name for example in EXAMPLES for name in example}
    selectors = {name for each in EXAMPLES for goods in each.get("goods", {}).values() for name in goods}
    calendars = {name for each in EXAMPLES for name in each.get("calendar", {})}
    assert conditions == set(When.__struct_fields__)
    assert answers == set(Then.__struct_fields__)
    assert members >= set(Policy.__struct_fields__)
    assert selectors == set(Selector.__struct_fields__)
    assert calendars == set(Calendar.__struct_fields__)
    for word in (*Resolution, *FaultKind, *GoodsKind):
        assert f"`{word}`" in PAGE


def _length(law: Statute) -> str:
    if isinstance(law, Conformity):
        return f"{law.years} years" if law.years else f"{law.days} days"
    return f"{law.days} business days" if law.business_days else f"{law.days} days"


def _cells(law: Statute) -> list[str]:
    source = f"{law.source.act}, {law.source.article} ([text]({law.source.url}))"
    cells = [f"`{law.id}`", ", ".join(sorted(law.countries)), _length(law)]
    if isinstance(law, Withdrawal):
        start = "the order's last good" if law.start is Start.LAST_OF_ORDER else "the goods"
        rolls = f"yes ([rule]({law.rolls_over.url}))" if law.rolls_over else "no"
        payer = "the shop" if law.way_back is Payer.SHOP else "the shopper"
        cells += [start, rolls, payer, ", ".join(sorted(law.exempt)) or "none found"]
    return [*cells, source, law.since.isoformat() if law.since else ""]


def law_table(laws: tuple[Statute, ...]) -> str:
    return "\n".join("| " + " | ".join(_cells(law)) + " |" for law in laws)


@pytest.mark.parametrize("laws", [WITHDRAWALS, CONFORMITIES], ids=["withdrawals", "conformities"])
def test_the_tables_of_the_law_are_those_of_the_code(laws: tuple[Statute, ...]) -> None:
    assert law_table(laws) in PAGE


def _life(law: LeastLife) -> str:
    if law.years is None:
        return "no end"
    return f"{law.years} years, from the end of the year" if law.from_end_of_year else f"{law.years} years"


def test_the_table_of_credit_is_that_of_the_code() -> None:
    for law in LEAST_LIVES:
        assert f"| {', '.join(sorted(law.countries))} | {_life(law)} | {law.source} ([text]({law.url})) |" in PAGE
    for each in LEFT_TO_THE_SHOP:
        assert f"| {each.country} | the shop's own | {each.source} ([text]({each.url})) |" in PAGE


def test_every_ready_made_policy_is_told_of() -> None:
    for name in READY:
        assert f"`{name}`" in PAGE
