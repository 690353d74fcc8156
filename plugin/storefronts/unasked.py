"""What the platforms' adapters answer while nobody calls the platforms back."""

from __future__ import annotations

from plugin.ports.storefronts import CancelAnswer, CancelRequest, CancelStatus, StoreConnection


class CannotBeAsked:
    """The half of a ``Storefront`` that says: a person has to cancel in the store's own admin."""

    platform: str

    async def cancel(self, store: StoreConnection, request: CancelRequest) -> CancelAnswer:
        """See ``Storefront.cancel``: always UNSUPPORTED."""
        return CancelAnswer(
            status=CancelStatus.UNSUPPORTED,
            reason=f"Cancelling at {self.platform} is done by a person, in its admin: order {request.order_number}.",
        )

    async def read_cancel(self, store: StoreConnection, request: CancelRequest) -> CancelAnswer:
        """See ``Storefront.read_cancel``: always UNSUPPORTED."""
        return await self.cancel(store, request)
