"""What the API of exchanges answers: what a product comes in, and a quote."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from handlers.shopper.views import Money, NewLineView, PreviewView


class OfferedView(Struct, frozen=True, kw_only=True):
    """A product, or a variant of it, as the store sells it now. ``available``: null where it does not count."""

    product_id: Annotated[str, Meta(examples=["coat"])]
    variant_id: Annotated[str | None, Meta(examples=["coat-3"])]
    title: Annotated[str, Meta(examples=["Wool coat"])]
    variant: Annotated[str | None, Meta(examples=["L / camel"])]
    price: Money
    available: int | None
    image_url: str | None = None


class GoodsView(Struct, frozen=True, kw_only=True):
    goods: tuple[OfferedView, ...]


class QuoteView(Struct, frozen=True, kw_only=True):
    """Frozen until ``ends_at``. ``difference`` is positive where it is to be paid, negative where it comes back;
    ``tax`` is within ``price``. Bring ``id`` and ``digest`` back to confirm exactly this."""

    id: str
    digest: Annotated[str, Meta(description="Of all that is agreed to.")]
    lines: tuple[NewLineView, ...]
    worth: Annotated[Money, Meta(description="What goes back is worth, less a fee.")]
    price: Annotated[Money, Meta(description="What the new goods cost, with their tax and shipping.")]
    tax: Money
    shipping: Money
    difference: Money
    sentence: Annotated[str, Meta(examples=["You pay €35.10 on top."])]
    ends_at: datetime


class QuotedView(Struct, frozen=True, kw_only=True):
    """The policy's answer, and the quote; null where the answer is no."""

    preview: PreviewView
    quote: QuoteView | None
