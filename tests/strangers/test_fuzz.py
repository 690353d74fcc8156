"""Schemathesis holds the running API to its own description: no server error, no way around a key,
no undocumented answer. ``FUZZ_EXAMPLES`` and ``FUZZ_SEED`` make it longer and other (``make fuzz``)."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import Failure, FailureGroup

from tests.strangers.fuzzing import EXAMPLES, SEED, Keys, keys_of, load
from tests.strangers.town import Town

MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
# A query parameter that we do not know is ignored, as everywhere on the web; and a good body may still name what is
# not there, is over, or is somebody else's.
BY_DESIGN = {
    "Schema-valid request rejected": {403, 404, 409, 410, 422},
    "Schema-violating request accepted": {200, 202},
}


def failures_of(case: Case, answer: Any, headers: dict[str, str]) -> list[str]:
    try:
        case.validate_response(answer, headers=headers)
    except FailureGroup as group:
        return [one.title for one in group.exceptions if isinstance(one, Failure)]
    return []


def is_by_design(failure: str, case: Case, status: int) -> bool:
    if failure == "Schema-violating request accepted" and case.body is not None and "body" in _bent(case):
        return False
    return status in BY_DESIGN.get(failure, set())


def _bent(case: Case) -> set[str]:
    """Which parts of the request break the schema on purpose."""
    if case.meta is None:
        return set()
    return {str(where.value) for where, part in case.meta.components.items() if part.mode is GenerationMode.NEGATIVE}


@dataclass
class Round:
    """One pass over all operations, ``headers`` by the operation's scheme or none."""

    town: Town
    keys: Keys
    found: Counter[str] = field(default_factory=Counter)
    asked: Counter[int] = field(default_factory=Counter)

    def run(self) -> None:
        for result in load(self.town).get_all_operations():
            operation = result.ok()
            for mode in MODES:
                if operation.body or operation.query or operation.headers or mode is GenerationMode.POSITIVE:
                    self._fuzz(operation, mode)

    def _fuzz(self, operation: Any, mode: GenerationMode) -> None:
        headers = self.keys.for_operation(operation)
        must_refuse = bool(operation.definition.raw.get("security")) and not headers

        @seed(SEED)
        @settings(
            max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Case) -> None:
            if "case_id" in (case.path_parameters or {}) and mode is GenerationMode.POSITIVE:
                case.path_parameters["case_id"] = self.town.mine.case_id
            answer = case.call(headers=headers, timeout=20)
            self.asked[answer.status_code] += 1
            what = f"{operation.label} {mode.value} {answer.status_code}"
            if must_refuse and answer.status_code not in (400, 401, 415):
                self.found[f"{what}: let in without a key"] += 1
            for failure in failures_of(case, answer, headers):
                if not is_by_design(failure, case, answer.status_code):
                    self.found[f"{what}: {failure}"] += 1

        ask()


@pytest.mark.parametrize("with_keys", [True, False], ids=["with keys", "without"])
async def test_the_api_does_as_it_says(town: Town, with_keys: bool) -> None:
    fuzz = Round(town, await keys_of(town) if with_keys else Keys({}))
    await asyncio.to_thread(fuzz.run)
    assert fuzz.found == {}
    assert fuzz.asked.total() > 100
    assert not [status for status in fuzz.asked if status >= 500]
