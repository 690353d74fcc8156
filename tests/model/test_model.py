"""No world that can be reached breaks a promise, and each has a way to rest. A counterexample is told as a story."""

from __future__ import annotations

from plugin.cases.states import CaseState
from plugin.journeys.money_moved import IN_FLIGHT
from plugin.refunds.service import STATE_OF_FACT
from plugin.refunds.states import LegState
from tests.model.search import search, without_end
from tests.model.world import FACTS


def test_every_reachable_world_keeps_every_promise_and_comes_to_rest() -> None:
    found = search()
    assert not found.broken, f"{found.broken[0][1]}\n{found.story(found.broken[0][0])}"
    lost = without_end(found)
    assert not lost, found.story(lost[0])
    assert {world.case for world in found.reached} >= {
        CaseState.DONE, CaseState.REFUSED, CaseState.WITH_PERSON, CaseState.EXECUTING, CaseState.AWAITING_STORE,
    }  # fmt: skip


def test_the_mirror_reads_facts_as_the_service_does() -> None:
    assert {str(fact): state for fact, state in STATE_OF_FACT.items() if str(fact) in FACTS} == FACTS
    assert {LegState.RESERVED, LegState.SUBMITTING, LegState.UNKNOWN} == IN_FLIGHT
