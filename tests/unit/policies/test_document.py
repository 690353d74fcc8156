"""Reading a policy document strictly, saying what is wrong with it, and naming it by its content."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from plugin.core.money import exponent
from plugin.policies.document import BadPolicy, canonical_policy, parse_policy, policy_hash, policy_schema
from plugin.policies.ready import LOOK_ABOVE, default_policy
from plugin.policies.reasons import Outcome, Reason


def a_document(**row: Any) -> dict[str, Any]:
    """One row that approves within an hour; ``row`` replaces its members."""
    usual = {
        "id": "first-hour",
        "action": "cancel",
        "when": {"since_placed": {"at_most": {"hours": 1}}},
        "then": {"outcome": "approve"},
    }
    return {
        "format": 1,
        "name": "One hour",
        "rows": [usual | row],
        "otherwise": {"cancel": {"outcome": "refuse", "reason": "window_over"}},
    }


def test_a_document_becomes_a_policy() -> None:
    policy = parse_policy(json.dumps(a_document()).encode())
    assert policy == parse_policy(a_document())
    assert policy.rows[0].when.since_placed is not None
    assert policy.otherwise.cancel.outcome is Outcome.REFUSE
    assert policy.otherwise.cancel.reason is Reason.WINDOW_OVER


FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"when": {"color": "red"}}, "when", "unknown field"),
    ({"when": {"countries": ["Germany"]}}, "when.countries[0]", "matching regex"),
    ({"when": {"countries": []}}, "when.countries", "length >= 1"),
    ({"when": {"since_placed": {"at_most": {"hours": -1}}}}, "when.since_placed.at_most.hours", ">= 1"),
    ({"when": {"since_placed": {"at_most": {"hours": 1, "days": 1}}}}, "when.since_placed.at_most", "exactly one"),
    ({"when": {"since_placed": {"at_most": {}}}}, "when.since_placed.at_most", "exactly one"),
    ({"when": {"since_placed": {}}}, "when.since_placed", "at_least, at_most or both"),
    ({"when": {"since_placed": {"at_most": {"days": 10**9}}}}, "when.since_placed.at_most.days", "<= 3650"),
    ({"when": {"value_at_least": {"XXQ": 1}}}, "when", "value_at_least: 'XXQ' is not an ISO 4217"),
    ({"when": {"value_at_least": {"USD": 5.5}}}, "when.value_at_least[...]", "Expected `int`"),
    ({"when": {"value_at_least": 50_000}}, "when.value_at_least", "Expected `object"),
    ({"when": {"final_sale": "yes"}}, "when.final_sale", "Expected `bool"),
    ({"when": {"line_kinds": ["ghost"]}}, "when.line_kinds[0]", "Invalid enum value"),
    ({"then": {"outcome": "maybe"}}, "then.outcome", "Invalid enum value"),
    ({"then": {"outcome": "refuse"}}, "then", "The reason of refuse is one of"),
    ({"then": {"outcome": "refuse", "reason": "already_shipped"}}, "then", "not already_shipped"),
    ({"then": {"outcome": "approve", "reason": "final_sale"}}, "then", "The reason of approve is one of: allowed"),
    ({"then": {"outcome": "refuse", "reason": "final_sale", "fee": {"amounts": {"USD": 1}}}}, "then", "pays no fee"),
    ({"then": {"outcome": "approve", "fee": {"amounts": {"USD": -1}}}}, "then.fee.amounts[...]", ">= 0"),
    ({"action": "explode"}, "action", "Invalid enum value"),
    ({"id": "First hour!"}, "id", "matching regex"),
    ({"id": 7}, "id", "Expected `str`"),
]


@pytest.mark.parametrize(("row", "field", "problem"), FAULTS, ids=[f"{row[1]}: {row[2]}" for row in FAULTS])
def test_a_fault_is_named_by_row_and_field(row: dict[str, Any], field: str, problem: str) -> None:
    with pytest.raises(BadPolicy) as caught:
        parse_policy(a_document(**row))
    assert caught.value.status == 422
    assert caught.value.param == f"rows[0].{field}"
    assert caught.value.extra["field"] == field
    assert problem in caught.value.detail
    assert "Row 1" in caught.value.detail
    raw_id = row.get("id", "first-hour")
    assert caught.value.extra["row"] == (raw_id if isinstance(raw_id, str) else "1")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"format": 2}, "format"),
        ({"name": ""}, "name"),
        ({"rows": "none"}, "rows"),
        ({"rows": [7]}, "Row 1"),
        ({"otherwise": {}}, "cancel"),
        ({"extra": True}, "extra"),
    ],
)
def test_a_fault_outside_the_rows_is_named(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadPolicy, match=problem):
        parse_policy(a_document() | change)


@pytest.mark.parametrize("rows", [[], "none", [7]])
def test_a_field_named_like_a_path_misleads_nobody_into_a_crash(rows: Any) -> None:
    with pytest.raises(BadPolicy, match=r"unknown field|rows"):
        parse_policy({"x` - at `$.rows[5].y": 1} | a_document() | {"rows": rows})


def test_two_rows_cannot_have_one_id() -> None:
    document = a_document()
    document["rows"] *= 2
    with pytest.raises(BadPolicy, match="Row 2: the id 'first-hour' is taken") as caught:
        parse_policy(document)
    assert caught.value.extra == {"row": "first-hour", "field": "id"}
    with pytest.raises(BadPolicy, match="taken"):
        parse_policy(a_document(id="otherwise"))


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"[]", b"null", b"[" * 100_000, b'{"format": NaN}'])
def test_what_is_no_policy_at_all_is_refused(raw: bytes) -> None:
    with pytest.raises(BadPolicy):
        parse_policy(raw)


def test_ten_thousand_rows_are_refused() -> None:
    document = a_document()
    document["rows"] = [document["rows"][0] | {"id": f"row-{n}"} for n in range(10_000)]
    with pytest.raises(BadPolicy, match="length <= 1000"):
        parse_policy(document)


def test_the_hash_is_of_the_meaning_and_not_of_the_writing() -> None:
    document = a_document()
    turned = dict(reversed(document.items()))
    written_out = a_document(then={"outcome": "approve", "reason": "allowed", "fee": None})
    hashes = {
        policy_hash(parse_policy(each))
        for each in (document, turned, written_out, json.dumps(document, indent=4).encode())
    }
    assert len(hashes) == 1
    assert policy_hash(parse_policy(a_document(id="other"))) not in hashes


def test_what_is_spelled_out_as_it_is_anyhow_changes_no_hash() -> None:
    plain = msgspec.to_builtins(parse_policy(a_document()))
    refused = {"outcome": "refuse", "reason": "not_offered"}
    spelled = {
        **plain,
        "otherwise": {**plain["otherwise"], "return": refused, "exchange": {**refused, "keep_item": False}},
        "calendar": {"weekdays": [0, 1, 2, 3, 4], "closed": []},
        "goods": {},
    }
    assert canonical_policy(parse_policy(spelled)) == canonical_policy(parse_policy(plain))
    assert policy_hash(parse_policy({**spelled, "calendar": {"weekdays": [0]}})) != policy_hash(parse_policy(plain))


def test_a_stored_hash_stays_when_the_vocabulary_grows() -> None:
    """Fields at their default are not written: this hash was taken of this document's first form."""
    assert canonical_policy(parse_policy(a_document())) == (
        b'{"format":1,"name":"One hour","otherwise":{"cancel":{"outcome":"refuse","reason":"window_over"}},'
        b'"rows":[{"action":"cancel","id":"first-hour","then":{"outcome":"approve"},'
        b'"when":{"since_placed":{"at_most":{"hours":1}}}}]}'
    )


def test_the_default_policy_is_a_valid_document() -> None:
    assert parse_policy(canonical_policy(default_policy())) == default_policy()
    assert default_policy({"EUR": 100}).rows[2].when.value_at_least == {"EUR": 100}


def test_the_default_limits_are_whole_amounts_of_real_currencies() -> None:
    assert all(limit % 10 ** exponent(currency) == 0 for currency, limit in LOOK_ABOVE.items())


def test_the_schema_names_every_part() -> None:
    schema = policy_schema()
    assert {"Policy", "Row", "When", "Then", "Since", "Span", "Fee", "Otherwise"} <= set(schema["$defs"])
    assert schema["$defs"]["When"]["additionalProperties"] is False
    assert "refuse" in schema["$defs"]["Outcome"]["enum"]
