"""What we write into a store's records, to find in them later what we asked for.

An order carries ``CANCEL_KEY``, the key of the ask that cancelled it as a whole, ``asked_mark(leg)`` before its gateway
is asked to pay, ``claimed_mark(leg)`` where another's record stands for a refund of ours, and ``fixed_mark(key)`` once
it was corrected. One that we made carries ``MADE_KEY`` and ``ORIGIN``. A refund carries a ``MARK``. Names that begin
with an underscore are not shown to staff.

WooCommerce saves a refund's meta only after its gateway has paid, and its reason before that
(``class-wc-rest-order-refunds-controller.php``, ``prepare_object_for_database``; ``wc_create_refund``), so the reason
ends with the mark too: it is there also where PHP was stopped in between.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from plugin.storefronts.woocommerce.wire import MetaData, Refund, RefundRecord, value_of

CANCEL_KEY = "_comeback_cancel"
MARK = "_comeback_mark"
MADE_KEY = "_comeback_key"
ORIGIN = "_comeback_origin"
OUR_METHOD = "comeback"  # the payment method of an order that we made: no gateway of the store's
_LONGEST_REASON = 400
_MARK = re.compile(r"\[comeback:([\w:.-]{1,160})\]$")
_CANCEL = "cancel:"
_RESTOCK = "restock:"


def asked_mark(leg_id: str) -> str:
    return f"_comeback_asked_{leg_id}"


def claimed_mark(leg_id: str) -> str:
    return f"_comeback_booked_{leg_id}"


def fixed_mark(key: str) -> str:
    return f"_comeback_fixed_{key}"


def meta_body(values: Mapping[str, str]) -> list[dict[str, str]]:
    """``meta_data`` as the API takes it."""
    return [{"key": key, "value": value} for key, value in values.items()]


def cancel_mark(key: str) -> str:
    """How an ask to cancel signs a refund that pays nothing and takes units out of the order."""
    return _CANCEL + key


def is_cancel_mark(mark: str | None) -> bool:
    return mark is not None and mark.startswith(_CANCEL)


def restock_mark(key: str) -> str:
    """How units that came back and are for sale again sign the refund that pays nothing and puts them into stock."""
    return _RESTOCK + key


def is_restock_mark(mark: str | None) -> bool:
    return mark is not None and mark.startswith(_RESTOCK)


def reason_with(note: str, mark: str) -> str:
    return f"{note[:_LONGEST_REASON]} [comeback:{mark}]"


def mark_of(record: RefundRecord | Refund) -> str | None:
    """What we wrote into this refund: a leg's id, or a ``cancel_mark``; None where it is not ours."""
    meta_data = record.meta_data if isinstance(record, RefundRecord) else []
    kept = value_of(meta_data, MARK)
    found = _MARK.search(record.reason or "")
    return kept if isinstance(kept, str) else found[1] if found else None


def claims(meta_data: Iterable[MetaData]) -> dict[str, str]:
    """By the refund's id at the store: the leg of ours that it stands for, where its gateway wrote it."""
    prefix = claimed_mark("")
    found: dict[str, Any] = {m.key: m.value for m in meta_data if m.key and m.key.startswith(prefix)}
    return {str(refund_id): key.removeprefix(prefix) for key, refund_id in found.items() if refund_id}
