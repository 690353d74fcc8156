"""Which languages a caller asked for."""

from __future__ import annotations


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
