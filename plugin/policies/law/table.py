"""Which statute holds in which country, and which one a verdict is about."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from plugin.policies.decision import Verdict
from plugin.policies.law.conformities import CONFORMITIES
from plugin.policies.law.statutes import Conformity, Statute, Withdrawal
from plugin.policies.law.withdrawals import WITHDRAWALS

WITHDRAWAL_IN: Mapping[str, Withdrawal] = MappingProxyType({c: law for law in WITHDRAWALS for c in law.countries})
CONFORMITY_IN: Mapping[str, Conformity] = MappingProxyType({c: law for law in CONFORMITIES for c in law.countries})
_STATUTES: tuple[Statute, ...] = (*WITHDRAWALS, *CONFORMITIES)
_BY_RULE: Mapping[str, Statute] = MappingProxyType({law.rule: law for law in _STATUTES})


def law_of(verdict: Verdict) -> Statute | None:
    """The statute that gave this verdict; None for a verdict of the policy, or of a statute that is no longer kept."""
    return _BY_RULE.get(verdict.rule)
