"""Every sentence that a mail can say, read from the templates and from ``phrases``: what the catalogues must hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract
from msgspec import Struct

from plugin.messages import alert_phrases, ask_phrases, goods_phrases, phrases
from plugin.messages.render import TEMPLATES

_KEYWORDS = {"say": None, "count": (1, 2)}


class Sentence(Struct, frozen=True):
    """A message id with its plural, if it counts something, and the file that says it."""

    one: str
    many: str | None
    file: str


def sentences() -> Iterator[Sentence]:
    """All sentences, in the order of files and lines; one that is said twice comes twice."""
    for path in (*sorted(TEMPLATES.glob("**/*.txt")), *sorted(TEMPLATES.glob("**/*.html"))):
        yield from _said_in(path, "jinja2")
    for module in (phrases, alert_phrases, ask_phrases, goods_phrases):
        yield from _said_in(Path(str(module.__file__)), "python")


def _said_in(path: Path, method: str) -> Iterator[Sentence]:
    with path.open("rb") as source:
        for _line, message, _comments, _context in extract(method, source, keywords=_KEYWORDS):
            one, many = message if isinstance(message, tuple) else (message, None)
            yield Sentence(
                one=one, many=many, file=path.name if method == "python" else str(path.relative_to(TEMPLATES))
            )
