"""The one map from a failure to its answer: an RFC 9457 problem document, or a friendly page for a browser.

Business failures come as ``DomainError`` and bring everything along. What Litestar raises is named here. A lost
database is a 503 that asks to come again. The rest is a 500 that tells the caller nothing but the request's id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, NotFoundException, ValidationException
from litestar.openapi import ResponseSpec
from msgspec import Struct, field, to_builtins
from msgspec.structs import replace

from handlers.language import spoken_language
from plugin import db
from plugin.core.errors import DomainError, NotFound
from plugin.core.words import catalogue

PROBLEM_JSON = "application/problem+json"

log = structlog.get_logger()


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a failed call answers (RFC 9457). ``code`` is for programs, ``detail`` for people, in their language.

    ``param`` names the input it was about; ``request_id`` finds the call in our logs. Some codes add further members.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    param: str | None = None


class Failure(Struct, frozen=True, kw_only=True):
    """A failure before it is told: ``sentence`` is the catalogue's, ``detail`` what was wrong this time.

    ``extra`` are further members of the document; of them ``retry_after`` (seconds) also becomes the header.
    """

    status: int
    code: str
    sentence: str
    detail: str
    param: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


AnyRequest = Request[Any, Any, Any]
ErrorPage = Callable[[AnyRequest, Problem], Response[Any]]

_UNAVAILABLE = "We cannot reach our records for a moment. Please try again shortly."
_OUR_FAULT = "Something went wrong on our side. Please try again; if it stays so, tell us the request id."
_FRAMEWORK_FAILURES: Mapping[int, tuple[str, str]] = {
    400: ("invalid_request", "This request could not be understood."),
    401: ("not_authenticated", "Please sign in, or send your key, to do this."),
    403: ("not_allowed", "You are not allowed to do this."),
    404: (NotFound.code, NotFound.sentence),
    405: ("method_not_allowed", "This address does not take that method."),
    408: ("request_timeout", "This request did not arrive in time. Please send it again."),
    413: ("body_too_large", "This request is too large: the limit is 1 MB."),
    415: ("unsupported_media_type", "This address does not take that content type."),
    429: ("too_many_requests", "Too many requests. Please wait a moment and try again."),
    503: ("unavailable", _UNAVAILABLE),
}


def sentences() -> tuple[str, ...]:
    """Every sentence of this module, for the test that holds the catalogues complete."""
    return (*(sentence for _, sentence in _FRAMEWORK_FAILURES.values()), _OUR_FAULT)


def known_failures() -> tuple[Failure, ...]:
    """All codes that this process can answer, by code; the reference page lists them."""
    found = {code: Failure(status=status, code=code, sentence=text, detail=text)
             for status, (code, text) in _FRAMEWORK_FAILURES.items()}  # fmt: skip
    found["internal_error"] = Failure(status=500, code="internal_error", sentence=_OUR_FAULT, detail=_OUR_FAULT)
    waiting = [DomainError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        found[kind.code] = Failure(status=kind.status, code=kind.code, sentence=kind.sentence, detail=kind.sentence)
    return tuple(found[code] for code in sorted(found))


def failure_of(error: Exception) -> Failure:
    """What ``error`` means to a caller."""
    if isinstance(error, DomainError):
        return Failure(status=error.status, code=error.code, sentence=error.sentence, detail=error.detail,
                       param=error.param, extra=error.extra)  # fmt: skip
    if isinstance(error, HTTPException) and error.status_code in (*range(400, 500), 503):
        return _framework_failure(error)
    if isinstance(error, RecursionError):  # a body nested beyond all sense: nothing of ours recurses that deep
        code, sentence = _FRAMEWORK_FAILURES[400]
        return Failure(status=400, code=code, sentence=sentence, detail=sentence)
    if db.is_away(error):
        code, sentence = _FRAMEWORK_FAILURES[503]
        return Failure(status=503, code=code, sentence=sentence, detail=sentence, extra={"retry_after": 2})
    return Failure(status=500, code="internal_error", sentence=_OUR_FAULT, detail=_OUR_FAULT)


def _framework_failure(error: HTTPException) -> Failure:
    code, sentence = _FRAMEWORK_FAILURES.get(error.status_code, _FRAMEWORK_FAILURES[400])
    failure = Failure(status=error.status_code, code=code, sentence=sentence, detail=sentence,
                      headers=dict(error.headers or {}))  # fmt: skip
    if isinstance(error, ValidationException) and isinstance(error.extra, list) and error.extra:
        first = error.extra[0]
        detail = str(first.get("message") or sentence)
        if detail == repr(first.get("key")):  # Litestar's way to say that there was no body at all
            detail = "The request has no body."
            first["message"] = detail
        return replace(failure, param=first.get("key"), detail=detail,
                       extra={"errors": error.extra})  # fmt: skip
    if error.status_code == 400 and error.detail != HTTPStatus.BAD_REQUEST.phrase:
        return replace(failure, detail=error.detail)  # what the parser stumbled over, and at which byte
    return failure


class ProblemAnswers:
    """Litestar's exception handler for everything. ``error_page`` renders what a browser gets on a page."""

    def __init__(self, public_url: str, error_page: ErrorPage | None) -> None:
        self.public_url = public_url
        self.error_page = error_page

    def __call__(self, request: AnyRequest, error: Exception) -> Response[Any]:
        failure = failure_of(error)
        if failure.status >= 500:
            log.error("request failed", exc_info=error, code=failure.code, status=failure.status)
        language = spoken_language(request)
        problem = Problem(
            type=f"{self.public_url}/docs/problems/{failure.code}",
            title=failure.code.replace("_", " ").capitalize(),
            status=failure.status,
            detail=told_in(language, failure),
            code=failure.code,
            request_id=request.scope["state"].get("request_id", ""),
            param=failure.param,
        )
        headers = failure.headers | {"Content-Language": language}
        if failure.status == 401:
            headers.setdefault("WWW-Authenticate", "Bearer")
        if failure.status in (429, 503):
            headers["Retry-After"] = str(failure.extra.get("retry_after", 2))
        if self.error_page is not None and _wants_page(request, error):
            page = self.error_page(request, problem)
            page.headers.update(headers)
            return page
        body = failure.extra | to_builtins(problem)
        return Response(body, status_code=problem.status, media_type=PROBLEM_JSON, headers=headers)


def told_in(language: str, failure: Failure) -> str:
    """The detail in ``language``: translated itself, or else the code's sentence, or else in English as it is."""
    if language == "en":
        return failure.detail
    for sentence in (failure.detail, failure.sentence):
        if (told := catalogue(language).gettext(sentence)) != sentence:
            return told
    return failure.detail


def problem_responses(descriptions: Mapping[int, str]) -> dict[int, ResponseSpec]:
    """For a route's ``responses=``: ``problem_responses({409: "The decision has changed since the preview."})``."""
    return {
        status: ResponseSpec(Problem, description=description, media_type=PROBLEM_JSON)
        for status, description in descriptions.items()
    }


def _wants_page(request: AnyRequest, error: Exception) -> bool:
    """A browser that asked for a page route, or for an address that is no route at all."""
    if "text/html" not in request.headers.get("accept", ""):
        return False
    handler = request.scope.get("route_handler")
    return isinstance(error, NotFoundException) if handler is None else bool(handler.opt.get("page"))
