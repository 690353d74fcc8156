"""What the mail says that answers the report of a fault."""

from __future__ import annotations

from plugin.messages.contexts_returns import ReturnApproved


class FaultApproved(ReturnApproved, frozen=True, kw_only=True, tag="fault_approved"):
    """Something was wrong, and is put right: first what is done about it, then what goes back, if anything does."""
