"""The demo's inbox page: what was mailed, as the shopper would see it. Served by ``comeback demo`` and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from html import escape
from pathlib import Path

from litestar import Request, Response, Router, get
from litestar.datastructures import State
from litestar.params import FromPath

from handlers.security import csp_nonce
from plugin.core.errors import NotFound
from plugin.mailers.files import InboxMail, read_inbox

_STYLE = """
:root { color-scheme: light dark; }
body { max-width: 52rem; margin: 3rem auto; padding: 0 1.5rem; font: 17px/1.6 system-ui, sans-serif; }
h1 { font: 2rem/1.2 Georgia, serif; } a { color: #0f766e; }
ol { list-style: none; padding: 0; } li { padding: .8rem 0; border-bottom: 1px solid #8884; }
small, dl { opacity: .75; } dt { float: left; width: 6rem; } dd { margin: 0 0 0 6rem; }
iframe { width: 100%; height: 48rem; border: 1px solid #8886; border-radius: .5rem; background: #fff; }
pre { white-space: pre-wrap; padding: 1rem; border: 1px solid #8884; border-radius: .5rem; }
"""


def inbox_routes(folder: Path) -> Router:
    """``GET /demo/inbox``, one mail below it, and the mail's own HTML in a page that may run and load nothing."""

    async def mails() -> Sequence[InboxMail]:
        return await asyncio.to_thread(read_inbox, folder)

    async def get_mail(file: str) -> InboxMail:
        for mail in await mails():
            if mail.file == file:
                return mail
        raise NotFound(detail="There is no such mail in the inbox.", param="file")

    @get("/", include_in_schema=False, media_type="text/html")
    async def inbox(request: Request[object, object, State]) -> Response[str]:
        entries = "".join(
            f'<li><a href="/demo/inbox/{mail.file}">{escape(mail.subject)}</a><br><small>to {escape(mail.recipient)}, '
            f"{mail.written_at:%Y-%m-%d %H:%M:%S} UTC</small></li>"
            for mail in await mails()
        )
        return _page(request, "Inbox", f"<ol>{entries or '<li>No mail yet.</li>'}</ol>")

    @get("/{file:str}", include_in_schema=False, media_type="text/html")
    async def one(request: Request[object, object, State], file: FromPath[str]) -> Response[str]:
        mail = await get_mail(file)
        body = (
            f'<p><a href="/demo/inbox">All mails</a></p><dl><dt>From<dd>{escape(mail.sender)}'
            f"<dt>To<dd>{escape(mail.recipient)}<dt>Language<dd>{escape(mail.language)}</dl>"
            f'<iframe src="/demo/inbox/{mail.file}/html" title="The mail" '
            f'sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>'
            f"<h2>As text</h2><pre>{escape(mail.text)}</pre>"
        )
        return _page(request, mail.subject, body)

    @get("/{file:str}/html", include_in_schema=False, media_type="text/html")
    async def html(file: FromPath[str]) -> Response[str]:
        mail = await get_mail(file)
        # Links open beside the inbox: in the frame, the page that they lead to would refuse to be framed.
        framed = mail.html.replace("<head>", '<head><base target="_blank">', 1)
        policy = (
            "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; frame-ancestors 'self'; "
            "sandbox allow-popups allow-popups-to-escape-sandbox"
        )
        return Response(framed, media_type="text/html", headers={"content-security-policy": policy})

    return Router("/demo/inbox", route_handlers=[inbox, one, html])


def _page(request: Request[object, object, State], title: str, body: str) -> Response[str]:
    nonce = csp_nonce(request)
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><style nonce="{nonce}">{_STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )
    policy = f"default-src 'none'; style-src 'nonce-{nonce}'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    return Response(page, media_type="text/html", headers={"content-security-policy": policy})
