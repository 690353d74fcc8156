"""The one base of every business failure: a named fact with its status, its code and a sentence that helps."""

from __future__ import annotations

from typing import Any, ClassVar


class DomainError(Exception):
    """A failure that a caller can act on.

    Subclasses are named as facts (``AlreadyRefunded``) and set ``status`` (HTTP), ``code`` (stable, for programs)
    and ``sentence`` (for people, in English; ``handlers.problems`` translates it). ``detail`` says what was wrong
    this time, ``param`` names the input it was about, ``extra`` are further members of the problem document.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"
    sentence: ClassVar[str] = "This request could not be understood."

    def __init__(self, *, detail: str | None = None, param: str | None = None, **extra: Any) -> None:
        super().__init__(detail or self.sentence)
        self.detail = detail or self.sentence
        self.param = param
        self.extra = extra


class NotFound(DomainError):
    """What was asked for does not exist, or belongs to somebody else: the caller cannot tell which."""

    status = 404
    code = "not_found"
    sentence = "We could not find that."
