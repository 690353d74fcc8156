"""The shop and the shopper of whom the samples of all mails speak."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TypedDict

from plugin.messages.parts import Brand

SHOP = Brand(
    name="Fern & Thistle",
    url="https://fern-thistle.example/",
    reply_to="hello@fern-thistle.example",
    address="12 Mill Lane, Bristol BS1 4QA, United Kingdom",
)
MANAGE = "https://comeback.example/o/lnk_4f9aVtS0Z2qkq1m8"
INVITATION = "https://comeback.example/admin/invitations/invite_4f9aVtS0Z2qkq1m8"
PERSON = "https://comeback.example/o/lnk_4f9aVtS0Z2qkq1m8/person"
BY = date(2026, 11, 30)
ANSWER = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)


class Shopper(TypedDict):
    shop: Brand
    locale: str
    zone: str
    order_number: str
    manage_url: str
    person_url: str
    first_name: str
    person_answers_by: datetime


def shopper(locale: str) -> Shopper:
    """What every sample of a mail to a shopper has in common."""
    return Shopper(
        shop=SHOP,
        locale=locale,
        zone="Europe/London",
        order_number="#1042",
        manage_url=MANAGE,
        person_url=PERSON,
        first_name="Ana",
        person_answers_by=ANSWER,
    )
