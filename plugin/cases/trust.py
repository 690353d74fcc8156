"""What people say to the answers that we only propose: what of ours they may see, and how often they agree, row by row.

While a row is in shadow, its answer stays hidden until the person has given theirs: who sees ours is no second opinion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import structs

from plugin.cases.models import Case
from plugin.cases.service import decision_of
from plugin.cases.states import CaseState
from plugin.db import Transaction, rows
from plugin.policies.decision import Decision, LineDecision
from plugin.policies.models import PolicyVersion
from plugin.policies.modes import Answering, answers_by_name, name_of
from plugin.policies.reasons import Action, Mode, Outcome
from plugin.policies.states import VersionState
from plugin.policies.versions import policy_of

DISAGREEMENTS = 5


class Answer(StrEnum):
    """What a person said to a case under review. Paying less than was decided is no agreement."""

    APPROVED = "approved"
    LESS = "less"
    REFUSED = "refused"


async def keep_answer(tx: Transaction, case: Case, answer: Answer) -> None:
    """Keep what a person said to a case under review."""
    case.answer = str(answer)
    await tx.execute("UPDATE cases SET answer = $2 WHERE id = $1", case.id, case.answer)


def seen_by_staff(case: Case) -> Decision:
    """The case's decision as a person may see it now: until they have answered, without what a row in shadow says."""
    decision = decision_of(case)
    if CaseState(case.state) is not CaseState.IN_REVIEW or not any(map(_is_in_shadow, decision.lines)):
        return decision
    lines = tuple(
        structs.replace(line, proposed=None, proposed_reason=None, verdicts=()) if _is_in_shadow(line) else line
        for line in decision.lines
    )
    return structs.replace(decision, lines=lines, proposed=None)


def _is_in_shadow(line: LineDecision) -> bool:
    return line.mode is Mode.SHADOW and line.proposed is not None


@dataclass(frozen=True)
class Disagreement:
    """A case (by its number) in which a person said something else than we would have."""

    at: datetime
    case: str
    ours: Outcome
    theirs: Answer


@dataclass(frozen=True)
class Agreement:
    """How people answered where this row left it to them; ``undecided`` still wait, or were withdrawn."""

    row: str
    action: Action
    mode: Mode
    agreed: int = 0
    disagreed: int = 0
    undecided: int = 0
    disagreements: tuple[Disagreement, ...] = ()  # the last of them, newest first


# A case speaks of a row where the row's answer is what we proposed for the whole ask: a refusal because of another
# item says nothing about this one, and neither does what the law or a guard made of the row's answer.
_COUNTED = """
    WITH proposals AS (
        SELECT DISTINCT c.policy_id, c.kind AS action, c.number, c.asked_at, c.answer, tried.rule,
            tried.outcome AS ours,
            c.answer = CASE tried.outcome WHEN 'approve' THEN 'approved' ELSE 'refused' END AS agreed
        FROM cases c
        CROSS JOIN LATERAL jsonb_array_elements(c.decision -> 'lines') line
        CROSS JOIN LATERAL (
            SELECT verdict ->> 'rule' AS rule, verdict ->> 'outcome' AS outcome
            FROM jsonb_array_elements(line -> 'verdicts') WITH ORDINALITY AS each(verdict, n)
            WHERE (verdict -> 'matched')::boolean ORDER BY n LIMIT 1
        ) tried
        WHERE c.shop_id = $1 AND c.asked_at >= $2 AND c.decision ->> 'proposed' IS NOT NULL
        AND line ->> 'proposed' = c.decision ->> 'proposed' AND tried.outcome = line ->> 'proposed'
    )
    SELECT policy_id, action, rule, count(*) FILTER (WHERE agreed) AS agreed,
        count(*) FILTER (WHERE NOT agreed) AS disagreed, count(*) FILTER (WHERE agreed IS NULL) AS undecided,
        (array_agg((asked_at, number, ours, answer) ORDER BY asked_at DESC) FILTER (WHERE NOT agreed))[1:$3] AS last
    FROM proposals GROUP BY policy_id, action, rule
"""


async def agreement(shop_id: str, since: datetime) -> list[Agreement]:
    """By row of the live policy, how people answered the asks since then that the row left to them.

    Only what was decided by this very row counts, in whichever version: a row that has been changed begins anew. Rows
    that are trusted already are listed where there is something to say of them.
    """
    versions = {version.id: version for version in await PolicyVersion.filter(shop_id=shop_id, number__not_isnull=True)}
    live = next((version for version in versions.values() if version.state == VersionState.LIVE), None)
    if live is None:
        return []
    now = answers_by_name(policy_of(live))
    found = {name: Agreement(name, answering.action, answering.then.mode) for name, answering in now.items()}
    then: dict[str, Mapping[str, Answering]] = {}
    for counted in await rows(_COUNTED, shop_id, since, DISAGREEMENTS):
        version = versions[counted["policy_id"]]
        if version.hash not in then:
            then[version.hash] = answers_by_name(policy_of(version))
        name = name_of(Action(counted["action"]), counted["rule"])
        if name in now and now[name].answers_like(then[version.hash][name]):
            found[name] = _added(found[name], counted)
    return [each for each in found.values() if each.mode is not Mode.AUTOMATIC or each.agreed or each.disagreed]


def _added(so_far: Agreement, counted: Mapping[str, Any]) -> Agreement:
    last = [
        Disagreement(at, number, Outcome(ours), Answer(theirs)) for at, number, ours, theirs in counted["last"] or ()
    ]
    newest = sorted((*so_far.disagreements, *last), key=lambda each: each.at, reverse=True)
    return replace(
        so_far,
        agreed=so_far.agreed + counted["agreed"],
        disagreed=so_far.disagreed + counted["disagreed"],
        undecided=so_far.undecided + counted["undecided"],
        disagreements=tuple(newest[:DISAGREEMENTS]),
    )
