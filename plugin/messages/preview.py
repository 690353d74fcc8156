"""Every mail in every language as files to look at: what `comeback messages preview` writes."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path

from plugin.core.words import LANGUAGES
from plugin.messages.render import Rendered, render, to_envelope
from plugin.messages.samples import samples
from plugin.ports.mail import Envelope

_INDEX = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Every mail in every language</title>
<style>
body {{ max-width: 60rem; margin: 3rem auto; padding: 0 1.5rem; font: 17px/1.6 system-ui, sans-serif; }}
h1 {{ font: 2rem/1.2 Georgia, serif; }}
h2 {{ margin-top: 2.5rem; font: 1.4rem/1.3 Georgia, serif; }}
li {{ margin: 0.4rem 0; }}
small {{ display: block; opacity: 0.75; }}
</style></head>
<body><h1>Every mail in every language</h1>
{sections}
</body></html>
"""


def write_previews(directory: Path, to_bytes: Callable[[Envelope], bytes]) -> list[Path]:
    """Render every sample in every language to ``.html``, ``.txt`` and ``.eml`` files with an ``index.html``.

    ``to_bytes`` is the mailer's way to write an envelope as MIME. Returns the files, the index first.
    """
    directory.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    sections = []
    for language in LANGUAGES:
        entries = []
        for name, context in samples(language).items():
            rendered = render(context)
            stem = f"{language}.{name}"
            envelope = to_envelope(
                context, rendered, mail_id=stem, domain="comeback.example", sender="mail@comeback.example",
                recipient="ana@example.com",
            )  # fmt: skip
            for suffix, content in (
                ("html", rendered.html.encode()), ("txt", rendered.text.encode()), ("eml", to_bytes(envelope)),
            ):  # fmt: skip
                path = directory / f"{stem}.{suffix}"
                path.write_bytes(content)
                written.append(path)
            entries.append(_entry(stem, name, rendered))
        sections.append(f'<h2 lang="{language}">{language}</h2>\n<ul>\n' + "\n".join(entries) + "\n</ul>")
    index = directory / "index.html"
    index.write_text(_INDEX.format(sections="\n".join(sections)), encoding="utf-8")
    return [index, *written]


def _entry(stem: str, name: str, rendered: Rendered) -> str:
    return (
        f'<li><a href="{stem}.html">{escape(name)}</a> · <a href="{stem}.txt">text</a> · <a href="{stem}.eml">eml</a>'
        f'<small lang="{rendered.language}">{escape(rendered.subject)}</small></li>'
    )
