"""The slip that goes into a parcel: the return number with its code, the shop's address, what comes back, and no price.

It says nothing of money: whoever opens the parcel, or gives the goods to somebody else to send, need not know it.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import cast

import segno
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import TTFFont
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec

from handlers.dependencies import Guest, PublicId
from handlers.problems import problem_responses
from handlers.shopper.letters_of_font import is_whole, writable
from handlers.shopper.present import Presenter, presenter
from handlers.shopper.standing import parcel_now
from handlers.shopper.visit import GUEST, SECURITY, Locale
from plugin.cases.service import decision_of
from plugin.core.errors import NotFound
from plugin.core.words import Words
from plugin.journeys.view_order import view_case
from plugin.orders.service import get_order
from plugin.parcels.states import ParcelState
from plugin.ports.runtime import Ports

FONT = Path(__file__).resolve().parents[2] / "templates" / "fonts" / "DejaVuSans.ttf"
A5 = (148.0, 210.0)  # mm
CODE_SIDE = 36.0  # mm
_GONE = (ParcelState.CANCELLED, ParcelState.LOST)

TITLE = "Return slip"
RETURN_NUMBER = "Return number"
PUT_INSIDE = "Please put this slip into the parcel."
SENT_BY = "From: {name}"
SENT_TO = "To:"
OF_ORDER = "Order {number}"
SEND_BY = "To be sent by {date}"
WHAT_COMES = "What is in it"


def all_sentences() -> tuple[str, ...]:
    """Every sentence of this module, for the test that holds the catalogues complete."""
    return TITLE, RETURN_NUMBER, PUT_INSIDE, SENT_BY, SENT_TO, OF_ORDER, SEND_BY, WHAT_COMES


@dataclass(frozen=True)
class Slip:
    """All that stands on it. ``lines`` are quantities and titles; ``skus`` name them where a title cannot be
    written."""

    number: str
    shop: str
    address: str | None
    order: str
    name: str | None
    send_by: datetime
    lines: tuple[tuple[int, str], ...]
    skus: tuple[str | None, ...]
    words: Words


async def slip_of(guest: Guest, case_id: str, speak: Presenter) -> Slip:
    """The slip of a case of this visit's order; raises ``NotFound`` where nothing is to be sent (any more)."""
    seen = await view_case(guest.shop, case_id, guest.visitor.order_id)
    order = await get_order(guest.shop.id, guest.visitor.order_id)
    parcel = parcel_now(seen.parcels)
    if parcel is None or parcel.state in _GONE:
        raise NotFound(detail="Nothing is sent back for this request.", param="case_id")
    lines = [line for line in decision_of(seen.case).lines if line.label]
    skus = {line.id: line.sku for line in order.placement.lines}
    return Slip(
        number=seen.case.number,
        shop=guest.shop.name,
        address=speak.settings.goods_come_to,
        order=order.row.number,
        name=order.now.customer.name,
        send_by=parcel.send_by,
        lines=tuple((len(line.units), line.title) for line in lines),
        skus=tuple(skus.get(line.line_id) for line in lines),
        words=speak.words,
    )


def qr_code(number: str) -> bytes:
    """The return number as a QR code (level M, for paper that gets creased), as SVG."""
    drawn = BytesIO()
    segno.make(number, error="m", micro=False).save(drawn, kind="svg", scale=5, border=4, title=number)
    return drawn.getvalue()


def qr_uri(number: str) -> str:
    """The same for the ``src`` of an image."""
    return "data:image/svg+xml;base64," + b64encode(qr_code(number)).decode()


def render_pdf(slip: Slip) -> bytes:
    """One A5 page in a font that is embedded: Latin, Cyrillic, Greek, Hebrew and Arabic are written as they should be,
    from the right where they are. What the font lacks is left out (``letters_of_font``); the page has it all."""
    say = slip.words.say
    pdf = FPDF(format=A5)
    pdf.set_title(f"{say(TITLE)} {slip.number}")
    pdf.set_creation_date(slip.send_by)  # so that one slip is one document, byte for byte
    pdf.add_font("Slip", fname=FONT)
    font = cast("TTFFont", pdf.fonts["slip"]).cmap
    pdf.set_creator(writable(slip.shop, font))
    pdf.set_text_shaping(True)
    pdf.add_page()

    def write(text: str, size: int, gap: float = 0) -> None:
        pdf.set_font("Slip", size=size)
        pdf.multi_cell(0, size * 0.5, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        pdf.ln(gap)

    write(writable(slip.shop, font), 11, 2)
    write(say(TITLE), 20, 1)
    write(say(PUT_INSIDE), 10, 3)
    _draw_code(pdf, slip.number)
    write(say(RETURN_NUMBER), 9)
    write(slip.number, 18, 2)
    write(writable(say(OF_ORDER, number=slip.order), font), 10)
    write(say(SEND_BY, date=slip.words.date(slip.send_by)), 10, 2)
    if name := writable(slip.name or "", font):
        write(say(SENT_BY, name=name), 10, 2)
    address = writable(slip.address or "", font)
    if address and is_whole(address):  # half an address sends a parcel astray
        write(say(SENT_TO), 9)
        write(address, 11, 2)
    write(say(WHAT_COMES), 9)
    for (quantity, title), sku in zip(slip.lines, slip.skus, strict=True):
        write(f"{quantity} × {writable(title, font) or writable(sku or '', font) or '…'}", 11)
    return bytes(pdf.output())


def _draw_code(pdf: FPDF, number: str) -> None:
    """The QR code below what is written already, in squares of one colour: any printer and any scanner knows them."""
    rows = segno.make(number, error="m", micro=False).matrix
    left, top, side = pdf.l_margin, pdf.get_y(), CODE_SIDE / len(rows)
    for y, row in enumerate(rows):
        for x, is_dark in enumerate(row):
            if is_dark:
                pdf.rect(left + x * side, top + y * side, side, side, style="F")
    pdf.set_y(top + CODE_SIDE + 4)


async def slip_pdf_of(slip: Slip) -> Response[bytes]:
    """The slip as a file to print; shaping a page takes some milliseconds, so not in the loop's own thread."""
    content = await asyncio.to_thread(render_pdf, slip)
    return Response(
        content,
        media_type="application/pdf",
        headers={"content-disposition": f'inline; filename="{slip.number}.pdf"'},
    )


_PROBLEMS = problem_responses({401: "The session has ended.", 404: "Nothing is sent back for this request."})


@get(
    "/v1/cases/{case_id:str}/slip.pdf",
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="The slip for the parcel, as PDF",
    media_type="application/pdf",
    responses={200: ResponseSpec(bytes, media_type="application/pdf", description="One page A5, without any price.")}
    | _PROBLEMS,
)
async def fetch_slip(
    ports: NamedDependency[Ports], guest: NamedDependency[Guest], case_id: PublicId, locale: Locale = None
) -> Response[bytes]:
    return await slip_pdf_of(await _slip(ports, guest, case_id, locale))


@get(
    "/v1/cases/{case_id:str}/qr.svg",
    dependencies=GUEST,
    security=SECURITY,
    tags=["order page"],
    summary="The return number as a QR code",
    media_type="image/svg+xml",
    responses={200: ResponseSpec(str, media_type="image/svg+xml", description="An SVG image.")} | _PROBLEMS,
)
async def fetch_qr(
    ports: NamedDependency[Ports], guest: NamedDependency[Guest], case_id: PublicId, locale: Locale = None
) -> Response[str]:
    slip = await _slip(ports, guest, case_id, locale)
    return Response(qr_code(slip.number).decode(), media_type="image/svg+xml")


async def _slip(ports: Ports, guest: Guest, case_id: str, locale: str | None) -> Slip:
    order = await get_order(guest.shop.id, guest.visitor.order_id)
    return await slip_of(guest, case_id, presenter(guest.shop, order, ports.clock.now(), locale))


slip_routes = [fetch_slip, fetch_qr]
