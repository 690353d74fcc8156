"""Documents that nobody should publish: each is answered with a clear error, and at once."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from plugin.policies.document import BadPolicy, parse_policy
from plugin.policies.lint import lint
from plugin.policies.versions import check_sound

APPROVE = {"outcome": "approve"}
ROW = {"id": "r", "action": "return", "when": {}, "then": APPROVE}


def document(*rows: dict[str, Any], **rest: Any) -> bytes:
    whole = {"format": 1, "name": "Test", "rows": list(rows), "otherwise": {"cancel": APPROVE, "return": APPROVE}}
    return json.dumps(whole | rest).encode()


def when(**conditions: Any) -> bytes:
    return document(ROW | {"when": conditions})


NESTED = b'{"format":1,"name":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
UNREADABLE: list[tuple[str, bytes, str]] = [
    ("ten thousand rows", document(*(ROW | {"id": f"r{n}"} for n in range(10_000))), "length <= 1000"),
    ("a negative window", when(since_placed={"at_most": {"days": -1}}), "`int` >= 0"),
    ("no time at all", when(since_placed={"at_most": {"days": 0}}), "time of day"),
    ("a window of ten thousand years", when(since_placed={"at_most": {"days": 3_650_000}}), "`int` <= 3650"),
    ("an unknown currency", when(value_at_least={"ZZZ": 5}), "'ZZZ' is not an ISO 4217"),
    ("an amount in pieces", when(value_at_least={"USD": 5.5}), "Expected `int`"),
    ("a huge number", when(value_at_least={"USD": 10**30}), "Expected `int`"),
    ("a number of five thousand digits", b'{"format":1,"name":"x","rows":' + b"9" * 5000 + b"}", ""),
    ("an infinite number", b'{"format":1e999}', ""),
    ("deep nesting", NESTED, ""),
    ("a hundred thousand conditions", when(**{f"c{n}": n for n in range(100_000)}), "unknown field"),
    ("no JSON", b"\xff\xfe", "not JSON"),
    ("nothing", b"", "not JSON"),
    ("half a document", b'{"format":1', "not JSON"),
    ("a lone surrogate", b'{"format":1,"name":"\\ud800","rows":[]}', ""),
    ("another kind of document", b"[]", "Expected `object`"),
    ("two rows of one name", document(ROW, ROW), "the id 'r' is taken"),
    ("a template as an id", document(ROW | {"id": "{{7*7}}"}), "matching regex"),
    ("a country that is none", when(countries=["Germany"]), "matching regex"),
    ("a line's end behind an id", document(ROW | {"id": "r\n"}), "matching regex"),
    ("a line's end behind a country", when(countries=["DE\n"]), "matching regex"),
    ("a line's end behind a time", when(since_placed={"at_most": {"days": 1, "by": "14:00\n"}}), "matching regex"),
    ("a fee of a thousand per cent", document(ROW | {"then": APPROVE | {"fee": {"percent": 1000}}}), "`int` <= 100"),
    ("a negative fee", document(ROW | {"then": APPROVE | {"fee": {"amounts": {"USD": -1}}}}), "`int` >= 0"),
    ("a name of a million letters", document(name="x" * 1_000_000), "length <= 200"),
]


@pytest.mark.parametrize(("raw", "problem"), [case[1:] for case in UNREADABLE], ids=[case[0] for case in UNREADABLE])
def test_it_cannot_be_read_and_says_why(raw: bytes, problem: str) -> None:
    started = time.process_time()
    with pytest.raises(BadPolicy) as caught:
        parse_policy(raw)
    assert time.process_time() - started < 1
    assert problem in caught.value.detail
    assert len(caught.value.detail) < 1000


STRANGE = ["a\x00b", "a\x1b[31mb", "a\nb", "safe\u202eexe.live", "\u2066hidden\u2069"]


@pytest.mark.parametrize("text", STRANGE, ids=[ascii(text) for text in STRANGE])
def test_text_that_hides_something_is_an_error_that_names_it(text: str) -> None:
    named = lint(parse_policy(document(name=text)))
    tagged = lint(parse_policy(document(ROW | {"when": {"tags": [text]}})))
    offered = lint(parse_policy(document(ROW | {"then": APPROVE | {"offer": text}})))
    chosen = lint(parse_policy(document(goods={"perishable": {"tags": [text]}})))
    found = [(each.code, each.field) for each in (*named, *tagged, *offered, *chosen)]
    assert found == [
        ("strange_text", "name"),
        ("strange_text", "when.tags"),
        ("strange_text", "then.offer"),
        ("strange_text", "goods.perishable.tags"),
    ]
    assert "U+" in named[0].sentence
    assert text not in named[0].sentence


def test_markup_is_text_and_stays_as_it_was_written() -> None:
    text = "<script>alert(1)</script> {{ 7*7 }} {% for x in y %} ${jndi:ldap://x} %s [red]size<10[/]"
    policy = parse_policy(document(ROW | {"when": {"tags": [text]}}, name=text))
    assert (policy.name, policy.rows[0].when.tags) == (text, (text,))
    assert lint(policy) == ()


def _entangled(number: int) -> dict[str, Any]:
    """Each row overlaps all the others and is implied by none."""
    countries = [code for bit, code in enumerate(["DE", "FR", "IT", "ES", "PL", "NL"]) if number >> bit & 1]
    days = {"since_delivered": {"at_most": {"days": 1 + number // 64}}}
    return {"countries": countries or ["AT"], "tags": [f"t{number}", "all"], **days}


def test_a_thousand_entangled_rows_are_looked_at_in_a_moment() -> None:
    refuse = {"outcome": "refuse", "reason": "final_sale"}
    rows = [ROW | {"id": f"r{n}", "when": _entangled(n), "then": refuse} for n in range(1000)]
    policy = parse_policy(document(*rows))
    started = time.process_time()
    remarks = lint(policy)
    assert time.process_time() - started < 2  # comparisons are counted, so a slow machine is no reason to wait longer
    assert remarks


async def test_a_large_policy_is_looked_at_beside_the_other_callers() -> None:
    large = parse_policy(document(*(ROW | {"id": f"r{n}", "when": {"tags": [f"t{n}"]}} for n in range(1000))))
    looking = asyncio.create_task(check_sound(large))
    turns = 0
    while not looking.done():
        await asyncio.sleep(0)
        turns += 1
    await looking
    assert turns > 10
