"""From a posted form to the same structs that the API takes."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from litestar.datastructures import FormMultiDict

from handlers.shopper.orders import CancelAsk, CancelConfirm
from handlers.shopper.returns import ReturnAsk, ReturnConfirm
from plugin.core.errors import DomainError

LONGEST_REASON = 500
Asked = TypeVar("Asked", bound=msgspec.Struct)


class FormUnreadable(DomainError):
    status = 400
    code = "form_unreadable"
    sentence = "This form came in incomplete. Please go back to your order, and choose again."


def field(form: FormMultiDict, name: str) -> str:
    """One text of a form, without spaces around it; empty when it is not there."""
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def cancel_ask(form: FormMultiDict) -> CancelAsk:
    """What the shopper chose: everything, or each ``line`` with its ``quantity``; raises ``FormUnreadable``."""
    return _read(form, CancelAsk)


def cancel_confirm(form: FormMultiDict) -> CancelConfirm:
    """The choice again, with the digest that was agreed to and the reason, if one was given."""
    return _read(form, CancelConfirm, digest=field(form, "digest"))


def return_ask(form: FormMultiDict, photos: list[str]) -> ReturnAsk:
    """What the shopper would send back, and what they would rather have for it; raises ``FormUnreadable``."""
    return _read(form, ReturnAsk, resolution=field(form, "resolution") or None, photos=photos)


def return_confirm(form: FormMultiDict) -> ReturnConfirm:
    """The choice again, with the digest that was agreed to."""
    photos = [str(each) for each in form.getall("photo_id", [])]
    chosen = field(form, "resolution") or None
    return _read(form, ReturnConfirm, resolution=chosen, photos=photos, digest=field(form, "digest"))


def _read(form: FormMultiDict, kind: type[Asked], **more: str | list[str] | None) -> Asked:
    lines, quantities = form.getall("line", []), form.getall("quantity", [])
    if len(lines) != len(quantities):
        raise FormUnreadable(param="quantity")
    chosen = [
        {"line_id": line, "quantity": quantity}
        for line, quantity in zip(lines, quantities, strict=True)
        if quantity not in ("", "0")
    ]
    reason = field(form, "reason")[:LONGEST_REASON]
    asked = {"whole": field(form, "whole") == "yes", "lines": chosen, "reason": reason or None, **more}
    try:
        return msgspec.convert(asked, kind, strict=False)  # a form holds texts, also where a number is meant
    except msgspec.ValidationError as error:
        raise FormUnreadable() from error
