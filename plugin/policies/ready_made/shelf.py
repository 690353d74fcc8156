"""The ready-made policies by name, as the command line and the admin page offer them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from plugin.policies.document import Policy
from plugin.policies.ready import default_policy
from plugin.policies.ready_made.electronics import ELECTRONICS
from plugin.policies.ready_made.fashion import FASHION
from plugin.policies.ready_made.food import FOOD
from plugin.policies.ready_made.made_to_order import MADE_TO_ORDER

READY: Mapping[str, Policy] = MappingProxyType(
    {
        "default": default_policy(),
        "fashion": FASHION,
        "electronics": ELECTRONICS,
        "food": FOOD,
        "made-to-order": MADE_TO_ORDER,
    }
)
