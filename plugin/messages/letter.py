"""What every mail carries, and what every mail to a shopper carries beside it."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from plugin.messages.parts import Brand, check_web_address, clean


class Letter(Struct, frozen=True, kw_only=True, tag_field="template"):
    """What every mail carries. ``locale`` is already chosen (``choose_locale``), ``zone`` is an IANA name."""

    shop: Brand
    locale: str
    zone: str
    order_number: str

    def __post_init__(self) -> None:
        clean(self, order_number=60)

    @property
    def answers_go_to(self) -> str | None:
        """Who reads what is written back."""
        return self.shop.reply_to


class ShopperLetter(Letter, frozen=True, kw_only=True):
    """What every mail to a shopper carries. ``person_answers_by`` comes from the shop's hours, where it keeps any."""

    manage_url: str
    person_url: str
    first_name: str | None = None
    person_answers_by: datetime | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        clean(self, first_name=40)
        check_web_address(self.manage_url)
        check_web_address(self.person_url)
