"""How far a row is trusted is changed alone: what it answers, and everything else, stays as it was."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from plugin.policies.document import Policy, canonical_policy, parse_policy
from plugin.policies.modes import NoSuchRow, answers_by_name, with_mode
from plugin.policies.ready import default_policy
from plugin.policies.reasons import Action, Mode

POLICY = default_policy({"USD": 1000})


def modes(policy: Policy) -> dict[str, Mode]:
    return {name: answering.then.mode for name, answering in answers_by_name(policy).items()}


@pytest.mark.parametrize("name", answers_by_name(POLICY))
def test_every_answer_can_be_put_on_trial_and_be_trusted_again(name: str) -> None:
    tried = with_mode(POLICY, name, Mode.SHADOW)
    assert [each for each, mode in modes(tried).items() if mode is Mode.SHADOW] == [name]
    assert parse_policy(canonical_policy(tried)) == tried
    assert with_mode(tried, name, Mode.AUTOMATIC) == POLICY


def test_a_name_that_no_row_has_is_refused() -> None:
    for name in ("nobody", "otherwise", "otherwise.keep"):
        with pytest.raises(NoSuchRow):
            with_mode(POLICY, name, Mode.SUGGEST)


def test_a_row_is_the_same_however_far_it_is_trusted_and_another_once_it_says_something_else() -> None:
    name = POLICY.rows[0].id
    before, tried = answers_by_name(POLICY)[name], answers_by_name(with_mode(POLICY, name, Mode.SUGGEST))[name]
    assert tried.answers_like(before)
    other = replace(POLICY.rows[0], when=replace(POLICY.rows[0].when, countries=("DE",)))
    changed = answers_by_name(replace(POLICY, rows=(other, *POLICY.rows[1:])))[name]
    assert not changed.answers_like(before)
    assert answers_by_name(POLICY)["otherwise.cancel"].action is Action.CANCEL
