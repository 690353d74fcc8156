"""The API's reference: its OpenAPI 3.1 description, a page that shows it offline, and the list of problem codes."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

import msgspec
from litestar import MediaType, Request, Response, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, OpenAPIType, Schema, SecurityScheme, Server, Tag
from litestar.params import FromPath, ParameterKwarg
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition
from msgspec import Meta

from handlers.pages.assets import asset_url
from handlers.problems import PROBLEM_JSON, Failure, Problem, known_failures
from handlers.security import csp_nonce
from plugin.core.errors import NotFound
from plugin.policies.document import policy_schema
from plugin.storefronts.standard.schema import order_schema

SCHEMA_PATH = "/schema/openapi.json"
API_VERSION = "0.1.0"

# Names of the security schemes, for a route's ``security=[{...: []}]``.
BY_SERVER_KEY = "secretKey"
BY_PUBLISHABLE_KEY = "publishableKey"
BY_SHOPPER_SESSION = "shopperSession"
BY_STAFF_SESSION = "staffSession"

_DESCRIPTION = """\
Comeback takes a store's orders by webhook, lets a shopper cancel on the order page, refunds once, and gives a reason to
come back.

**Keys.** A store's server uses its *secret key*; its checkout page may use the *publishable key*; the order page uses a
*shopper session*, which the store's server opens, or the shopper by a signed link or a mailed code; the shop's people
use a *staff session*, by their password. All four are sent as `Authorization: Bearer ...`.

**Money** is an integer number of minor units with an ISO 4217 currency: `1999` `USD` is $19.99, `500` `JPY` is ¥500.

**Twice is once.** Calls that change something take an `Idempotency-Key`; the same key with the same body gives the same
answer.

**Failures** are problem documents (RFC 9457): `code` for programs, `detail` for people in the language of
`Accept-Language`, `request_id` for us. All codes are listed at [/docs/problems](/docs/problems).
"""
_TAGS = (
    ("Webhooks", "What stores and Stripe tell us: verified over the raw bytes, stored, answered."),
    ("Sessions", "How a shopper comes in: a session, a signed link, or a mailed code."),
    ("Orders", "What a shopper can do with an order: options, preview, cancel, follow."),
    ("Withdrawal", "Withdrawing from a contract by law, without a login: declare, confirm."),
    ("Withdrawals", "Declarations of withdrawal, and what a person of the shop says of one."),
    ("Checkout", "Retention codes at the store's checkout: quote, reserve, redeem, release."),
    ("staff", "The people of a shop: signing in, who they are, and who may do what."),
    ("Cases", "What shoppers have asked for, what waits for a person, and what a person does with it."),
    ("Refunds", "Refunds that a person must see to."),
    ("Policies", "Versions of the policy: drafts, checks, differences, publishing, rows on trial."),
    ("Webhooks set aside", "What could not be read, and reading it once more."),
    ("Codes", "Retention codes: what they brought back, and taking one back."),
    ("Settings", "What a shop may set, the texts of its mails, its offer of a code."),
    ("Audit", "What was done, by whom, and whether the chain holds."),
    ("Exports", "A person's data, and the cases and refunds of a time."),
    ("Switch", "The kill switch and the limits."),
    ("Operations", "Health of this service."),
)
_RAPIDOC = "vendor/rapidoc-9.3.8/rapidoc-min.js"


def openapi_config(public_url: str) -> OpenAPIConfig:
    """The description's head, its tags and its four ways to authenticate; served at ``SCHEMA_PATH``."""
    schemes = {
        BY_SERVER_KEY: "The shop's secret key, from its server only.",
        BY_PUBLISHABLE_KEY: "The shop's publishable key; may stand in a page, and only quotes.",
        BY_SHOPPER_SESSION: "A shopper's session for one order.",
        BY_STAFF_SESSION: "The session of a person of the shop, from `POST /v1/admin/sessions`.",
    }
    return OpenAPIConfig(
        title="Comeback",
        version=API_VERSION,
        description=_DESCRIPTION,
        servers=[Server(url=public_url)],
        tags=[Tag(name=name, description=description) for name, description in _TAGS],
        components=Components(
            security_schemes={
                name: SecurityScheme(type="http", scheme="bearer", description=description)
                for name, description in schemes.items()
            }
        ),
        use_handler_docstrings=True,
        path="/schema",
        render_plugins=[ProblemJson(path="/openapi.json")],
    )


_IDEMPOTENCY_KEY = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}


class ProblemJson(JsonRenderPlugin):
    """The description as JSON, in which every operation says that it fails with a problem document.

    Litestar describes its own error bodies, which nobody ever gets from us: ``handlers.problems`` answers them all.
    """

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        _, components = msgspec.json.schema_components([Problem], ref_template="#/components/schemas/{name}")
        content = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        document: dict[str, Any] = msgspec.json.decode(self.render_json(request, openapi_schema))
        document.setdefault("components", {}).setdefault("schemas", {}).update(components)
        for path in document.get("paths", {}).values():
            for operation in path.values():
                for parameter in operation.get("parameters", ()):
                    _forbid_nul(parameter["schema"])
                    if parameter["name"] == "Idempotency-Key":
                        # Optional to the framework, so that its absence is answered under a code of its own.
                        parameter |= {"required": True, "schema": _IDEMPOTENCY_KEY}
                responses = operation.setdefault("responses", {})
                responses["default"] = {"description": "A problem (RFC 9457)."}
                for status, response in responses.items():
                    if status == "default" or status >= "400":
                        response.setdefault("content", content)
                        if "application/json" in response["content"]:
                            response["content"] = content
        _close_asks(document)
        return msgspec.json.encode(document)


class BoundedTexts(OpenAPISchemaPlugin):
    """Say the bounds of a text within a list, which Litestar knows (``FieldDefinition.metadata``) and leaves unsaid."""

    @staticmethod
    def is_plugin_supported_type(value: object) -> bool:
        return False

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        is_said = isinstance(field_definition.kwarg_definition, ParameterKwarg)
        return field_definition.annotation is str and not is_said and _bounds(field_definition) is not None

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: object) -> Schema:
        bounds = _bounds(field_definition) or Meta()
        return Schema(
            type=OpenAPIType.STRING, min_length=bounds.min_length, max_length=bounds.max_length,
            pattern=bounds.pattern, examples=bounds.examples,
        )  # fmt: skip


def _bounds(field_definition: FieldDefinition) -> Meta | None:
    return next((each for each in field_definition.metadata if isinstance(each, Meta)), None)


def _close_asks(document: dict[str, Any]) -> None:
    """Say of every body that we take that a member of another name is refused, which Litestar leaves unsaid."""
    schemas = document["components"]["schemas"]
    bodies = [operation.get("requestBody") for path in document["paths"].values() for operation in path.values()]
    waiting, closed = list(_references(bodies)), set[str]()
    while waiting:
        name = waiting.pop()
        if name not in closed:
            closed.add(name)
            schemas[name]["additionalProperties"] = False
            _forbid_nul(schemas[name])
            waiting += _references(schemas[name])


_NO_NUL = "^[^\\u0000]*$"


def _forbid_nul(node: object) -> None:
    """Say of every text within ``node`` that it holds no NUL, which ``handlers.reading`` refuses for all of them."""
    if isinstance(node, dict):
        if node.get("type") == "string":
            node.setdefault("pattern", _NO_NUL)
        for value in node.values():
            _forbid_nul(value)
    elif isinstance(node, list):
        for value in node:
            _forbid_nul(value)


def _references(node: object) -> Iterator[str]:
    """The names of the component schemas that are referred to within ``node``."""
    if isinstance(node, dict):
        if isinstance(reference := node.get("$ref"), str):
            yield reference.rpartition("/")[2]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


@get("/docs", media_type=MediaType.HTML, include_in_schema=False, sync_to_thread=False)
def docs_page() -> Response[str]:
    """The reference for people. RapiDoc writes style attributes, so this page alone allows inline styles."""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    body = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Comeback API</title>
<link rel="icon" href="data:,">
<script type="module" src="{asset_url(_RAPIDOC)}"></script>
</head>
<body style="margin:0">
<rapi-doc spec-url="{SCHEMA_PATH}" load-fonts="false" show-header="false" render-style="read" theme="light"
 regular-font="system-ui, sans-serif" mono-font="ui-monospace, monospace" primary-color="#b4235a"
 allow-spec-url-load="false" allow-spec-file-load="false" schema-style="table" show-method-in-nav-bar="as-colored-text"
 use-path-in-nav-bar="false"></rapi-doc>
</body>
</html>
"""
    return Response(body, headers={"Content-Security-Policy": policy})


@get("/docs/order.schema.json", include_in_schema=False, sync_to_thread=False)
def published_order_schema() -> dict[str, Any]:
    """The JSON Schema of the order that a storefront sends us (`docs/storefronts/standard.md`)."""
    return order_schema()


@get("/docs/policy.schema.json", include_in_schema=False, sync_to_thread=False)
def published_policy_schema() -> dict[str, Any]:
    """The JSON Schema of a policy document."""
    return policy_schema()


@get("/docs/problems", media_type=MediaType.HTML, include_in_schema=False, sync_to_thread=False)
def problems_page(request: Request[Any, Any, Any]) -> str:
    """Every code that a problem document can carry."""
    return _problem_list(csp_nonce(request), "Problems", known_failures())


@get("/docs/problems/{code:str}", media_type=MediaType.HTML, include_in_schema=False, sync_to_thread=False)
def problem_page(request: Request[Any, Any, Any], code: FromPath[str]) -> str:
    """What a problem document's ``type`` leads to."""
    failures = tuple(failure for failure in known_failures() if failure.code == code)
    if not failures:
        raise NotFound
    return _problem_list(csp_nonce(request), code, failures)


def _problem_list(nonce: str, title: str, failures: tuple[Failure, ...]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(failure.code)}</code></td><td>{failure.status}</td><td>{escape(failure.sentence)}</td>"
        for failure in failures
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} - Comeback API</title>
<link rel="icon" href="data:,">
<style nonce="{nonce}">
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}
td, th {{ text-align: left; vertical-align: top; padding: .3rem 1rem .3rem 0 }}
</style>
</head>
<body>
<h1>{escape(title)}</h1>
<table><tr><th>Code</th><th>Status</th><th>What it means</th></tr>{rows}</table>
<p><a href="/docs">API reference</a> · <a href="/docs/problems">All problems</a></p>
</body>
</html>
"""
