"""Cancelling at Shopify. Nothing here pays: the legs of the refund are sent by ourselves, once the units are cancelled.

A whole order goes by ``orderCancel``, which starts a job and answers before it is done
(https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/orderCancel). Some units go by ``refundCreate`` with the
restock type CANCEL and without transactions: it takes units out of what is to be sent, in one call under an
idempotency key, and its note lets us find it again. ``orderEdit*`` would need three calls without a key, a scope more,
and it changes the order's total, by which everything that was allocated is measured.

What a fulfilment service has been asked to send, it must first be asked to give back
(https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/fulfillmentOrderSubmitCancellationRequest).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from plugin.ports.payments import OutcomeStored, OutcomeUnknown, RejectCode, Rejected
from plugin.ports.storefronts import CancelAnswer, CancelRequest, CancelStatus, StoreConnection
from plugin.storefronts.shopify.amounts import global_number
from plugin.storefronts.shopify.answers import Connection, Ref
from plugin.storefronts.shopify.api import ShopifyApi, UserError, check_key, words_of
from plugin.storefronts.shopify.marks import idempotency_key, mark_in, marked
from plugin.storefronts.shopify.reading import gid

JOB_TAKES = timedelta(seconds=5)
SERVICE_TAKES = timedelta(hours=4)

_STATE_OF = """
query CancelState($id: ID!, $lines: [ID!]!) {
  order(id: $id) {
    cancelledAt
    fulfillmentOrders(first: 10) {
      nodes { id status requestStatus lineItems(first: 10) { nodes { lineItem { id } } pageInfo { hasNextPage } } }
    }
    fulfillments(first: 100) { status }
    refunds(first: 100) { note }
  }
  lines: nodes(ids: $lines) { ... on LineItem { id unfulfilledQuantity } }
}"""

_CANCEL = """
mutation CancelOrder($id: ID!, $reason: OrderCancelReason!, $note: String) {
  orderCancel(
    orderId: $id, reason: $reason, staffNote: $note, restock: true, notifyCustomer: false,
    refundMethod: {originalPaymentMethodsRefund: false}
  ) { job { id done } orderCancelUserErrors { message field code } }
}"""

_JOB = "query Job($id: ID!) { job(id: $id) { id done } }"

_TAKE_OUT = """
mutation TakeOut($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) { refund { id } userErrors { message field } }
}"""

_ASK_BACK = """
mutation AskBack($id: ID!, $message: String) {
  fulfillmentOrderSubmitCancellationRequest(id: $id, message: $message) {
    fulfillmentOrder { requestStatus } userErrors { message field }
  }
}"""

_WITH_SERVICE = frozenset({"SUBMITTED", "ACCEPTED", "CANCELLATION_REQUESTED", "CANCELLATION_REJECTED"})
_ENDED = frozenset({"CLOSED", "CANCELLED", "INCOMPLETE"})
_NOT_SENT = frozenset({"CANCELLED", "ERROR", "FAILURE"})


class _Units(Struct, frozen=True, rename="camel"):
    line_item: Ref


class _ToSend(Struct, frozen=True, rename="camel"):
    """A fulfilment order: some units at one place that will send them."""

    id: str
    status: str
    request_status: str
    line_items: Connection[_Units]


class _Sent(Struct, frozen=True):
    status: str


class _Note(Struct, frozen=True):
    note: str | None = None


class _Order(Struct, frozen=True, rename="camel"):
    cancelled_at: str | None
    fulfillment_orders: Connection[_ToSend]
    fulfillments: list[_Sent]
    refunds: list[_Note]

    def at_service(self, request: CancelRequest) -> list[_ToSend]:
        """The parts that concern the request and lie with a fulfilment service. One whose lines are not all shown is
        taken to concern it: asking back too much delays a parcel, taking out what is being packed loses one."""
        lines = {gid("LineItem", count.line_id) for count in request.lines}
        return [
            part
            for part in self.fulfillment_orders.nodes
            if part.request_status in _WITH_SERVICE and part.status not in _ENDED
            and (request.whole_order or part.line_items.page_info.has_next_page
                 or any(units.line_item.id in lines for units in part.line_items.nodes))
        ]  # fmt: skip


class _Line(Struct, frozen=True, rename="camel"):
    """A line of the order, and its units that are neither sent nor taken out."""

    id: str
    unfulfilled_quantity: int


class _State(Struct, frozen=True):
    order: _Order | None
    lines: list[_Line | None]

    def is_done(self, request: CancelRequest) -> bool:
        """Whether the order is cancelled, or these units were taken out under the request's key."""
        refunds = self.order.refunds if self.order else []
        is_cancelled = self.order is not None and self.order.cancelled_at is not None
        return is_cancelled or any(mark_in(refund.note) == request.key for refund in refunds)

    def cannot_be(self, request: CancelRequest) -> str | None:
        """Why it is too late, or None."""
        if self.order is None:
            return "Shopify knows no such order."
        if request.whole_order:
            left = any(parcel.status not in _NOT_SENT for parcel in self.order.fulfillments)
            return "A parcel of the order has left." if left else None
        units = {global_number(line.id): line.unfulfilled_quantity for line in self.lines if line}
        if any(count.quantity > units.get(count.line_id, 0) for count in request.lines):
            return "Not all of these units are still to be sent."
        return None


class _JobState(Struct, frozen=True):
    id: str
    done: bool


class _Cancelling(Struct, frozen=True, rename="camel"):
    job: _JobState | None = None
    order_cancel_user_errors: list[UserError] = []


class _CancelData(Struct, frozen=True, rename="camel"):
    order_cancel: _Cancelling


class _JobData(Struct, frozen=True):
    job: _JobState | None = None


class _TakingOut(Struct, frozen=True, rename="camel"):
    refund: Ref | None = None
    user_errors: list[UserError] = []


class _TakeOutData(Struct, frozen=True, rename="camel"):
    refund_create: _TakingOut


class _AskingBack(Struct, frozen=True, rename="camel"):
    user_errors: list[UserError] = []


class _AskBackData(Struct, frozen=True, rename="camel"):
    fulfillment_order_submit_cancellation_request: _AskingBack


class Cancelling:
    """``jobs`` remembers which job an ask began, so that one which ended in nothing is told from one that runs.
    A restart forgets it: then the ask is made anew, and an order is cancelled no second time."""

    def __init__(self, api: ShopifyApi) -> None:
        self._api = api
        self._jobs: dict[tuple[str, str], str] = {}

    async def cancel(self, store: StoreConnection, request: CancelRequest, now: datetime) -> CancelAnswer:
        """See ``Storefront.cancel``."""
        return await self._answer(store, request, now, asks=True)

    async def read(self, store: StoreConnection, request: CancelRequest, now: datetime) -> CancelAnswer:
        """See ``Storefront.read_cancel``."""
        return await self._answer(store, request, now, asks=False)

    async def _answer(
        self, store: StoreConnection, request: CancelRequest, now: datetime, *, asks: bool
    ) -> CancelAnswer:  # fmt: skip
        try:
            answer = await self._read(store, request, now, asks=asks)
            if answer.status is not CancelStatus.PENDING:
                self._jobs.pop((store.shop_id, request.key), None)
            return answer
        except (OutcomeUnknown, OutcomeStored) as error:
            return CancelAnswer(status=CancelStatus.UNKNOWN, reason=str(error))
        except Rejected as error:
            return _rejected(error)

    async def _read(
        self, store: StoreConnection, request: CancelRequest, now: datetime, *, asks: bool
    ) -> CancelAnswer:  # fmt: skip
        job = await self._job(store, request)
        if job is not None and not job.done:
            return _pending(now)
        state = await self._state(store, request)
        order = state.order
        if state.is_done(request):
            return CancelAnswer(status=CancelStatus.CANCELLED)
        if (reason := state.cannot_be(request)) is not None:
            return _too_late(reason)
        if order and (waiting := order.at_service(request)):
            return await self._from_service(store, request, waiting, now, asks=asks)
        if job is not None:
            return _too_late("Shopify took the ask, and its job ended without cancelling the order.")
        if not asks:
            return CancelAnswer(status=CancelStatus.UNKNOWN, reason="Shopify was not asked, or its answer was lost.")
        return await (self._whole(store, request, now) if request.whole_order else self._some(store, request))

    async def _state(self, store: StoreConnection, request: CancelRequest) -> _State:
        lines = [] if request.whole_order else [gid("LineItem", count.line_id) for count in request.lines]
        return await self._api.ask(store, _STATE_OF, {"id": gid("Order", request.order_id), "lines": lines}, _State)

    async def _job(self, store: StoreConnection, request: CancelRequest) -> _JobState | None:
        """The job that this ask began, as far as it is remembered."""
        id = self._jobs.get((store.shop_id, request.key))
        return (await self._api.ask(store, _JOB, {"id": id}, _JobData)).job if id else None

    async def _whole(self, store: StoreConnection, request: CancelRequest, now: datetime) -> CancelAnswer:
        variables = {"id": gid("Order", request.order_id), "reason": "CUSTOMER", "note": marked("", request.key)}
        answer = (await self._api.ask(store, _CANCEL, variables, _CancelData)).order_cancel
        if answer.order_cancel_user_errors or answer.job is None:
            return await self._refused(store, request, answer.order_cancel_user_errors)
        self._jobs[store.shop_id, request.key] = answer.job.id
        order = (await self._state(store, request)).order
        return CancelAnswer(status=CancelStatus.CANCELLED) if order and order.cancelled_at else _pending(now)

    async def _some(self, store: StoreConnection, request: CancelRequest) -> CancelAnswer:
        lines = [
            {"lineItemId": gid("LineItem", count.line_id), "quantity": count.quantity, "restockType": "CANCEL"}
            for count in request.lines
        ]
        note = marked("Cancelled by the shopper.", request.key)
        variables = {
            "input": {"orderId": gid("Order", request.order_id), "note": note, "refundLineItems": lines},
            "key": idempotency_key(request.key),
        }
        answer = (await self._api.ask(store, _TAKE_OUT, variables, _TakeOutData)).refund_create
        if answer.user_errors or answer.refund is None:
            return await self._refused(store, request, answer.user_errors)
        return CancelAnswer(status=CancelStatus.CANCELLED)

    async def _from_service(
        self, store: StoreConnection, request: CancelRequest, parts: list[_ToSend], now: datetime, *, asks: bool
    ) -> CancelAnswer:
        if any(part.request_status == "CANCELLATION_REJECTED" for part in parts):
            return _too_late("The fulfilment service does not give the parcel back.")
        to_ask = [part for part in parts if part.request_status != "CANCELLATION_REQUESTED"]
        if to_ask and not asks:
            return CancelAnswer(status=CancelStatus.UNKNOWN, reason="The fulfilment service was not asked.")
        for part in to_ask:
            variables = {"id": part.id, "message": marked("The shopper has cancelled.", request.key)}
            answer = await self._api.ask(store, _ASK_BACK, variables, _AskBackData)
            if errors := answer.fulfillment_order_submit_cancellation_request.user_errors:
                return await self._refused(store, request, errors)
        reason = "The fulfilment service was asked to give the parcel back."
        return CancelAnswer(status=CancelStatus.PENDING, deadline=now + SERVICE_TAKES, reason=reason)

    async def _refused(self, store: StoreConnection, request: CancelRequest, errors: list[UserError]) -> CancelAnswer:
        """Only what the order itself shows is too late. Whatever else Shopify minds, a person has to see to."""
        check_key(errors)
        if any(error.code == "INTERNAL_ERROR" for error in errors):
            return CancelAnswer(status=CancelStatus.UNKNOWN, reason=words_of(errors))
        state = await self._state(store, request)
        if state.is_done(request):  # by an ask that was still under way
            return CancelAnswer(status=CancelStatus.CANCELLED)
        if (late := state.cannot_be(request)) is not None:
            return _too_late(late)
        reason = words_of(errors) if errors else "Shopify began no cancellation."
        return CancelAnswer(status=CancelStatus.UNSUPPORTED, reason=reason)


def _pending(now: datetime) -> CancelAnswer:
    return CancelAnswer(status=CancelStatus.PENDING, deadline=now + JOB_TAKES, reason="Shopify is cancelling it.")


def _too_late(reason: str) -> CancelAnswer:
    return CancelAnswer(status=CancelStatus.TOO_LATE, reason=reason)


def _rejected(error: Rejected) -> CancelAnswer:
    """A frozen shop may thaw and is asked again; for everything else a person must first put the connection right."""
    later = error.code is RejectCode.UNEXPECTED_STATE
    return CancelAnswer(status=CancelStatus.UNKNOWN if later else CancelStatus.UNSUPPORTED, reason=error.reason)
