"""From the forms of the fault pages to the structs that the API takes; photos are kept as they come in."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from litestar.datastructures import FormMultiDict

from handlers.dependencies import Guest
from handlers.pages.forms import LONGEST_REASON, FormUnreadable, field
from handlers.shopper.faults import FaultAsk, FaultConfirm
from handlers.shopper.files import photo_sent
from handlers.shopper.give_back import GiveBackAsk, GiveBackConfirm
from handlers.uploads import files_in
from plugin.files.service import PHOTOS_AN_ASK, TooManyPhotos
from plugin.ports.runtime import Ports

Asked = TypeVar("Asked", bound=msgspec.Struct)


async def sent_photos(ports: Ports, guest: Guest, form: FormMultiDict) -> list[str]:
    """The ids of the photos that were sent before and of those that come with this form, which are kept."""
    known, fresh = [str(each) for each in form.getall("photo_id", [])], await files_in(form, "photo")
    if len(known) + len(fresh) > PHOTOS_AN_ASK:
        raise TooManyPhotos(param="photos")
    return [*known, *[(await photo_sent(ports, guest, *each)).id for each in fresh]]


def fault_ask(form: FormMultiDict, photos: list[str]) -> FaultAsk:
    """What is wrong, with what, and what would help; raises ``FormUnreadable``."""
    return _read(_fault(form, photos), FaultAsk)


def fault_confirm(form: FormMultiDict) -> FaultConfirm:
    """The same again, with the digest that was agreed to."""
    photos = [str(each) for each in form.getall("photo_id", [])]
    return _read({**_fault(form, photos), "digest": field(form, "digest")}, FaultConfirm)


def give_back_ask(form: FormMultiDict) -> GiveBackAsk:
    return _read(_give_back(form), GiveBackAsk)


def give_back_confirm(form: FormMultiDict) -> GiveBackConfirm:
    return _read({**_give_back(form), "digest": field(form, "digest")}, GiveBackConfirm)


def _fault(form: FormMultiDict, photos: list[str]) -> dict[str, Any]:
    return {
        "kind": field(form, "kind"),
        "lines": _lines(form),
        "description": field(form, "description")[:LONGEST_REASON] or None,
        "resolution": field(form, "resolution") or None,
        "photos": photos,
    }


def _give_back(form: FormMultiDict) -> dict[str, Any]:
    return {
        "whole": field(form, "whole") == "yes",
        "lines": _lines(form),
        "reason": field(form, "reason")[:LONGEST_REASON] or None,
    }


def _lines(form: FormMultiDict) -> list[dict[str, Any]]:
    lines, quantities = form.getall("line", []), form.getall("quantity", [])
    if len(lines) != len(quantities):
        raise FormUnreadable(param="quantity")
    pairs = zip(lines, quantities, strict=True)
    return [{"line_id": line, "quantity": quantity} for line, quantity in pairs if quantity not in ("", "0")]


def _read(asked: dict[str, Any], kind: type[Asked]) -> Asked:
    try:
        return msgspec.convert(asked, kind, strict=False)  # a form holds texts, also where a number is meant
    except msgspec.ValidationError as error:
        raise FormUnreadable() from error
