"""Which statute holds in which country."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from plugin.policies.law.conformities import CONFORMITIES
from plugin.policies.law.statutes import Conformity, Withdrawal
from plugin.policies.law.withdrawals import WITHDRAWALS

WITHDRAWAL_IN: Mapping[str, Withdrawal] = MappingProxyType({c: law for law in WITHDRAWALS for c in law.countries})
CONFORMITY_IN: Mapping[str, Conformity] = MappingProxyType({c: law for law in CONFORMITIES for c in law.countries})
