"""The few sentences of a mail that a shop may write itself: plain text with named placeholders, never a template."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from plugin.core.errors import DomainError

PLACEHOLDERS = ("first_name", "shop_name", "order_number")
LIMITS: Mapping[str, int] = MappingProxyType({"greeting": 80, "personal_line": 400, "sign_off": 160})
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class BadSnippet(DomainError):
    """A shop's text that no mail can carry; ``detail`` says how to mend it."""

    status = 422
    code = "bad_snippet"
    sentence = "This text cannot be used in a mail."


def check_snippet(name: str, text: str) -> None:
    """Accept a shop's text for the snippet ``name`` or raise ``BadSnippet`` with words that help."""
    if name not in LIMITS:
        raise BadSnippet(param=name, detail=f"There is no snippet {name!r}. You can write: {', '.join(LIMITS)}.")
    if not text.strip():
        raise BadSnippet(param=name, detail="The text is empty. Remove the snippet to go back to our own words.")
    if len(text) > LIMITS[name]:
        raise BadSnippet(param=name, detail=f"The text has {len(text)} characters; at most {LIMITS[name]} fit here.")
    for character in text:
        is_break = character == "\n" and name != "greeting"
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") and not is_break:
            raise BadSnippet(
                param=name, detail=f"The text holds a character that mails cannot show (U+{ord(character):04X})."
            )
    for found in _PLACEHOLDER.findall(text):
        if found not in PLACEHOLDERS:
            raise BadSnippet(
                param=name, detail=f"{{{found}}} is not known here. You can use: {_offer()}. Mind the exact spelling."
            )
    if set("{}") & set(_PLACEHOLDER.sub("", text)):
        raise BadSnippet(param=name, detail=f"A curly bracket stands alone. Brackets only enclose: {_offer()}.")


def fill(text: str, values: Mapping[str, str | None]) -> str | None:
    """``text`` with its placeholders replaced by ``values``, or None where it wants one that this mail has not."""
    wanted = set(_PLACEHOLDER.findall(text))
    known = {name: value for name, value in values.items() if value}
    if not wanted <= known.keys():
        return None
    return _PLACEHOLDER.sub(lambda found: known[found.group(1)], text)


def _offer() -> str:
    return ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
