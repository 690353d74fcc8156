"""Which languages a caller asked for."""

from __future__ import annotations

from typing import Any

from litestar import Request

from plugin.core.words import choose_language


def speak(request: Request[Any, Any, Any], locale: str) -> None:
    """From here on this request is answered in ``locale``, also if it fails: a page never mixes two languages."""
    request.scope["state"]["locale"] = locale


def spoken_language(request: Request[Any, Any, Any]) -> str:
    """The language of a failure's answer: the one that was chosen for this request, or else what its caller wishes."""
    chosen = request.scope["state"].get("locale")
    return choose_language(chosen, *wanted_languages(request.headers.get("accept-language")))


def wanted_languages(accept_language: str | None) -> tuple[str, ...]:
    """The BCP 47 tags of an ``Accept-Language`` header (RFC 9110 §12.5.4), most wished first; bad parts are skipped."""
    wanted: list[tuple[int, str]] = []
    for part in (accept_language or "")[:500].split(","):
        tag, _, parameter = part.strip().partition(";")
        weight = _thousandths(parameter.strip().removeprefix("q="))
        if tag and tag != "*" and weight > 0:
            wanted.append((weight, tag.strip()))
    return tuple(tag for _, tag in sorted(wanted, key=lambda item: -item[0]))


def _thousandths(quality: str) -> int:
    whole, _, decimals = quality.partition(".")
    digits = (decimals + "000")[:3]
    if not quality:
        return 1000
    if whole not in ("0", "1") or not digits.isascii() or not digits.isdigit():
        return 0
    return min(int(whole) * 1000 + int(digits), 1000)
