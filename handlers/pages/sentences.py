"""Every sentence that a page can say, read from the templates and from this package: what the catalogues must hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract

from handlers.pages.render import TEMPLATES

_KEYWORDS = {"say": None, "count": (1, 2)}
MessageId = str | tuple[str, str]


def sentences() -> Iterator[MessageId]:
    """The message ids, one with its plural where it counts something; one that is said twice comes twice."""
    for path in sorted(TEMPLATES.glob("*.html")):
        yield from _said_in(path, "jinja2")
    for path in sorted(Path(__file__).parent.glob("*.py")):
        yield from _said_in(path, "python")


def _said_in(path: Path, method: str) -> Iterator[MessageId]:
    with path.open("rb") as source:
        for _line, message, _comments, _context in extract(method, source, keywords=_KEYWORDS):
            yield (message[0], message[1]) if isinstance(message, tuple) else message
