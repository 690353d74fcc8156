"""What the linter says of a policy, and what it leaves unsaid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from plugin.policies.document import Policy, parse_policy
from plugin.policies.lint import has_errors, lint
from plugin.policies.linting.remarks import Remark, Severity

APPROVE = {"outcome": "approve"}
REFUSE = {"outcome": "refuse", "reason": "window_over"}
FORTNIGHT = {"since_delivered": {"at_most": {"days": 14}}}
RETURNS_FOR_ALL = {"when": FORTNIGHT, "then": APPROVE}


def policy(*rows: dict[str, Any], action: str = "cancel", **rest: Any) -> Policy:
    """Rows are named r1, r2 … and are about ``action`` unless they say otherwise."""
    named = [{"id": f"r{number}", "action": action} | row for number, row in enumerate(rows, start=1)]
    otherwise = {"cancel": APPROVE, "return": APPROVE} | rest.pop("otherwise", {})
    return parse_policy({"format": 1, "name": "Test", "rows": named, "otherwise": otherwise} | rest)


def said(given: Policy, countries: Sequence[str] | None = None) -> list[tuple[str, str, str]]:
    return [(remark.code, remark.row, remark.field) for remark in lint(given, countries)]


def only(given: Policy, countries: Sequence[str] | None = None) -> Remark:
    (remark,) = lint(given, countries)
    return remark


def within(what: str, fallback: str | None, **span: int | str) -> dict[str, Any]:
    return {f"since_{what}": {"at_most": span} | ({"fallback": fallback} if fallback else {})}


SHADOWS: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("no conditions above", {}, {"countries": ["DE"]}, True),
    ("more countries above", {"countries": ["DE", "FR"]}, {"countries": ["FR"]}, True),
    ("fewer countries above", {"countries": ["FR"]}, {"countries": ["DE", "FR"]}, False),
    ("another condition below", {"countries": ["FR"]}, {"countries": ["FR"], "final_sale": True}, True),
    ("another condition above", {"countries": ["FR"], "final_sale": True}, {"countries": ["FR"]}, False),
    ("more tags above", {"tags": ["a", "b"]}, {"tags": ["b"]}, True),
    ("every state above", {"order_states": ["unfulfilled", "partly_fulfilled", "fulfilled", "cancelled"]}, {}, True),
    ("lower value above", {"value_at_least": {"USD": 1}}, {"value_at_least": {"USD": 2}}, True),
    ("a value in another currency", {"value_at_least": {"USD": 1}}, {"value_at_least": {"EUR": 2}}, False),
    ("unnamed currencies are above every value", {"value_at_least": {"USD": 1}}, {"value_at_most": {"EUR": 2}}, False),
    ("higher limit above", {"value_at_most": {"USD": 9, "EUR": 9}}, {"value_at_most": {"USD": 8}}, True),
    ("limit in fewer currencies", {"value_at_most": {"USD": 9}}, {"value_at_most": {"USD": 8, "EUR": 8}}, False),
    ("more earlier cases below", {"prior_cases_at_least": 2}, {"prior_cases_at_least": 3}, True),
    ("a longer window above", within("placed", None, days=9), within("placed", None, days=8), True),
    ("a shorter window above", within("placed", None, days=7), within("placed", None, days=8), False),
    ("hours within a day", within("placed", None, days=2), within("placed", None, hours=47), True),
    ("hours beyond a short day", within("placed", None, days=2), within("placed", None, hours=48), False),
    ("days within business days", within("placed", None, business_days=3), within("placed", None, days=3), True),
    ("business days within days", within("placed", None, days=9), within("placed", None, business_days=3), False),
    ("a cut-off", within("placed", None, days=3, by="14:00"), within("placed", None, days=3), False),
    ("a fallback above", within("delivered", "shipped", days=3), within("delivered", None, days=3), True),
    ("a fallback below", within("delivered", None, days=3), within("delivered", "shipped", days=3), False),
    ("a window of another kind", within("placed", None, days=3), within("shipped", None, days=3), False),
]  # fmt: skip


@pytest.mark.parametrize(("above", "below", "shadowed"), [case[1:] for case in SHADOWS], ids=[c[0] for c in SHADOWS])
def test_a_row_is_unreachable_only_where_the_one_above_answers_all_of_it(
    above: dict[str, Any], below: dict[str, Any], shadowed: bool
) -> None:
    given = policy({"when": above, "then": APPROVE}, {"when": below, "then": APPROVE})
    remarks = [remark for remark in lint(given) if remark.code == "unreachable"]
    assert [remark.row for remark in remarks] == (["r2"] if shadowed else [])


def test_rows_together_can_leave_nothing_over() -> None:
    german, french = {"when": {"countries": ["DE"]}, "then": APPROVE}, {"when": {"countries": ["FR"]}, "then": APPROVE}
    both = {"when": {"countries": ["DE", "FR"]}, "then": REFUSE}
    assert said(policy(german, french, both)) == [("unreachable", "r3", "when")]
    assert said(policy(german, both)) == []
    sale = {"when": {"final_sale": True}, "then": REFUSE}
    no_sale = {"when": {"final_sale": False}, "then": APPROVE}
    assert said(policy(sale, no_sale, german)) == [("unreachable", "r3", "when")]


def test_rows_of_different_actions_do_not_shadow_each_other() -> None:
    row = {"when": {}, "then": APPROVE}
    assert said(policy(row | {"action": "cancel"}, row | {"action": "return"})) == []


def test_same_conditions_with_different_answers_contradict_each_other() -> None:
    remark = only(policy({"when": {"tags": ["a"]}, "then": APPROVE}, {"when": {"tags": ["a"]}, "then": REFUSE}))
    assert (remark.severity, remark.code, remark.row) == (Severity.ERROR, "contradictory", "r2")
    assert "Rows r1 and r2" in remark.sentence


NEVER: list[tuple[dict[str, Any], str]] = [
    ({"since_placed": {"at_least": {"days": 14}, "at_most": {"days": 14}}}, "since_placed"),
    ({"since_placed": {"at_least": {"days": 30}, "at_most": {"days": 14}}}, "since_placed"),
    ({"since_shipped": {"at_least": {"hours": 1}, "at_most": {"minutes": 60}}}, "since_shipped"),
    ({"since_shipped": {"at_least": {"hours": 49}, "at_most": {"days": 1}}}, "since_shipped"),
    ({"since_delivered": {"at_least": {"business_days": 5}, "at_most": {"days": 5}}}, "since_delivered"),
    ({"value_at_least": {"USD": 2}, "value_at_most": {"USD": 1}}, "value_at_least"),
    ({"item_value_at_least": {"USD": 2, "EUR": 2}, "item_value_at_most": {"USD": 1, "EUR": 1}}, "item_value_at_least"),
    ({"order_states": ["unfulfilled"], "since_shipped": {"at_most": {"days": 1}}}, "since_shipped"),
    ({"order_states": ["unfulfilled"]} | within("delivered", "shipped", days=1), "since_delivered"),
    ({"order_states": ["cancelled"]}, "order_states"),
    ({"countries": ["UK", "ZZ"]}, "countries"),
    ({"goods": ["perishable"]}, "goods"),
]  # fmt: skip


@pytest.mark.parametrize(("when", "field"), NEVER, ids=[f"{case[1]} {index}" for index, case in enumerate(NEVER)])
def test_a_row_that_can_never_answer_is_an_error(when: dict[str, Any], field: str) -> None:
    remarks = lint(policy({"when": when, "then": APPROVE}))
    assert (Severity.ERROR, "never", "r1", f"when.{field}") in {
        (each.severity, each.code, each.row, each.field) for each in remarks
    }
    assert has_errors(remarks)


POSSIBLE: list[dict[str, Any]] = [
    {"since_placed": {"at_least": {"days": 14}, "at_most": {"days": 30}}},
    {"since_placed": {"at_least": {"hours": 24}, "at_most": {"days": 1}}},  # from noon on the day after
    {"since_placed": {"at_least": {"days": 1}, "at_most": {"hours": 47}}},  # placed late in the evening
    {"since_placed": {"at_least": {"days": 5}, "at_most": {"business_days": 5}}},
    {"value_at_least": {"USD": 1}, "value_at_most": {"USD": 1}},
    {"value_at_least": {"USD": 5}, "value_at_most": {"EUR": 1}},  # an order in euros is above every value not named
    {"order_states": ["unfulfilled"], "since_delivered": {"at_most": {"days": 1}, "fallback": "placed"}},
    {"order_states": ["cancelled", "unfulfilled"]},
    {"goods": ["personalised"]},  # the store itself may mark what is
]


@pytest.mark.parametrize("when", POSSIBLE, ids=map(str, range(len(POSSIBLE))))
def test_what_may_happen_is_not_called_impossible(when: dict[str, Any]) -> None:
    assert not has_errors(lint(policy({"when": when, "then": APPROVE})))


@pytest.mark.parametrize("action", ["return", "exchange", "fault"])
@pytest.mark.parametrize("states", [["unfulfilled"], ["cancelled"], ["unfulfilled", "cancelled"]])
def test_what_has_not_been_sent_cannot_come_back(action: str, states: list[str]) -> None:
    given = policy({"when": {"order_states": states}, "then": APPROVE}, action=action)
    assert said(given) == [("never", "r1", "when.order_states")]


def test_some_strange_countries_and_goods_are_a_warning() -> None:
    remark = only(policy({"when": {"countries": ["UK", "FR"]}, "then": APPROVE}))
    assert (remark.severity, remark.code) == (Severity.WARNING, "unknown_country")
    assert "UK (do you mean GB?)" in remark.sentence
    given = policy({"when": {"goods": ["perishable", "personalised"]}, "then": APPROVE})
    assert said(given) == [("unassigned_goods", "r1", "when.goods")]


def test_amounts_are_missed_in_currencies_that_other_rows_name() -> None:
    given = policy(
        {"when": {"value_at_least": {"USD": 1, "EUR": 1}}, "then": APPROVE},
        {"when": {"item_value_at_most": {"USD": 1}}, "then": APPROVE | {"fee": {"amounts": {"EUR": 5}}}},
        otherwise={"exchange": APPROVE | {"fee": {"amounts": {"USD": 5, "EUR": 5}}}},
    )
    assert said(given) == [
        ("missing_currency", "r2", "when.item_value_at_most"),
        ("missing_currency", "r2", "then.fee.amounts"),
    ]


def test_a_row_written_for_countries_whose_law_it_is_below_is_an_error() -> None:
    row = {
        "when": {"countries": ["DE", "BR"], "final_sale": True},
        "then": {"outcome": "refuse", "reason": "final_sale"},
    }
    remark = only(policy(row, RETURNS_FOR_ALL, action="return"))
    assert (remark.severity, remark.code, remark.row, remark.field) == (
        Severity.ERROR,
        "below_law",
        "r1",
        "then.outcome",
    )
    assert remark.countries == ("BR", "DE")
    assert "DE (14 days: Directive 2011/83/EU" in remark.sentence
    assert remark.sources[0].startswith("https://eur-lex.europa.eu/")


def test_a_row_that_is_about_others_as_well_is_a_warning() -> None:
    row: dict[str, Any] = {"when": {"final_sale": True}, "then": {"outcome": "refuse", "reason": "final_sale"}}
    assert only(policy(row, RETURNS_FOR_ALL, action="return")).severity is Severity.WARNING
    swiss = row | {"when": row["when"] | {"countries": ["CH", "DE"]}}
    assert only(policy(swiss, RETURNS_FOR_ALL, action="return")).severity is Severity.WARNING
    assert only(policy(row, RETURNS_FOR_ALL, action="return"), ["DE", "US"]).countries == ("DE",)
    assert said(policy(swiss, RETURNS_FOR_ALL, action="return"), ["CH"]) == []
    assert said(policy(row, RETURNS_FOR_ALL, action="return"), ["CH", "US"]) == []


BELOW: list[tuple[dict[str, Any], str]] = [
    ({"outcome": "approve", "resolutions": ["store_credit"]}, "then.resolutions"),
    ({"outcome": "approve", "fee": {"percent": 10}}, "then.fee"),
    ({"outcome": "approve", "fee": {"amounts": {"EUR": 500}}}, "then.fee"),
    ({"outcome": "approve", "label": "shopper"}, "then.label"),
]


@pytest.mark.parametrize(("then", "field"), BELOW, ids=[case[1] for case in BELOW])
def test_every_way_to_be_below_the_law_is_named(then: dict[str, Any], field: str) -> None:
    assert said(policy({"when": {"countries": ["BR"]}, "then": then}, action="return")) == [("below_law", "r1", field)]


NOT_BELOW: list[dict[str, Any]] = [
    {"when": {"since_delivered": {"at_least": {"days": 14}}}},
    {"when": {"is_business": True}},
    {"when": {"goods": ["personalised"]}},
    {"when": {"personalised": True, "countries": ["DE"]}},
    {"when": {"tags": ["cake"], "countries": ["DE"]}},
    {"when": {"line_kinds": ["gift_card"]}},
    {"when": {"countries": ["CH", "US"]}},
    {"when": {"tags": ["lamp"], **FORTNIGHT}},  # the fortnight was answered above
]


@pytest.mark.parametrize("row", NOT_BELOW, ids=map(str, range(len(NOT_BELOW))))
def test_a_refusal_that_the_law_allows_is_not_remarked_on(row: dict[str, Any]) -> None:
    above = {"when": {"tags": ["lamp"], "since_delivered": {"at_most": {"days": 30}, "fallback": "shipped"}}}
    given = policy(
        above | {"then": APPROVE}, row | {"then": REFUSE}, action="return", goods={"perishable": {"tags": ["cake"]}}
    )
    about = [remark for remark in lint(given, ["DE", "FR"]) if remark.code == "below_law"]
    assert about == []


@pytest.mark.parametrize(
    "condition", [{"order_states": ["fulfilled", "partly_fulfilled"]}, {"personalised": False}, {"is_business": False}]
)
def test_what_returns_have_in_common_need_not_be_said(condition: dict[str, Any]) -> None:
    row = {"when": {"since_delivered": {"at_most": {"days": 14}}, **condition}, "then": APPROVE}
    given = policy(row, action="return", otherwise={"return": REFUSE})
    assert said(given) == []


def test_time_since_the_order_was_placed_is_below_the_law_only_by_chance() -> None:
    late = {"when": {"countries": ["DE"], "since_placed": {"at_least": {"days": 30}}}, "then": REFUSE}
    assert only(policy(late, action="return")).severity is Severity.WARNING


def test_a_policy_without_returns_is_told_where_the_law_gives_them() -> None:
    given = policy(otherwise={"return": {"outcome": "refuse", "reason": "not_offered"}})
    remark = only(given)
    assert (remark.severity, remark.row, remark.field) == (Severity.WARNING, "otherwise", "return.outcome")
    assert "more countries" in remark.sentence
    assert len(remark.countries) == len(set(remark.countries)) > 40


def test_a_fault_refused_within_the_time_of_conformity_is_below_the_law() -> None:
    early = {"when": {"countries": ["FR"], "since_delivered": {"at_least": {"days": 365}}}, "then": REFUSE}
    late = {"when": {"countries": ["FR"], "since_delivered": {"at_least": {"days": 730}}}, "then": REFUSE}
    assert said(policy(early, action="fault")) == [("below_law", "r1", "then.outcome")]
    assert said(policy(late, action="fault")) == []
    made = {"when": {"countries": ["FR"], "personalised": True}, "then": REFUSE}
    assert said(policy(made, action="fault")) == [("below_law", "r1", "then.outcome")]
