"""What every route of the order page has in common: whose session it is, and in which language to answer."""

from __future__ import annotations

from typing import Annotated

from litestar.di import Provide
from litestar.params import QueryParameter

from handlers.dependencies import provide_guest
from handlers.reference import BY_SHOPPER_SESSION

GUEST = {"guest": Provide(provide_guest)}
SECURITY: list[dict[str, list[str]]] = [{BY_SHOPPER_SESSION: []}]
Locale = Annotated[
    str | None, QueryParameter(max_length=35, description="Answer in this language (BCP 47), such as es-MX.")
]
