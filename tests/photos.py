"""Pictures that tests send: good ones of each kind, and those that mean harm."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

WHERE = b"48.8584 N, 2.2945 E"  # what a phone would write into a photo, and nobody should find later


def a_photo(kind: str = "JPEG", size: tuple[int, int] = (64, 48)) -> bytes:
    """A picture with metadata: an Exif block that tells of a place (JPEG and WebP), a text (PNG)."""
    made, exif = io.BytesIO(), Image.Exif()
    exif[0x010E] = WHERE.decode()
    Image.new("RGB", size, "teal").save(made, kind, exif=exif)
    return made.getvalue()


def a_turned_photo() -> bytes:
    """Taller than wide to whoever reads its orientation."""
    made, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (64, 32), "teal").save(made, "JPEG", exif=exif)
    return made.getvalue()


def a_bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A PNG of a few kilobytes that would be gigabytes when decoded."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML_AS_JPEG = b"\xff\xd8\xff<html><script>alert(1)</script></html>"
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"


def a_polyglot() -> bytes:
    """A good JPEG that is a web page as well."""
    return a_photo() + b"<script>alert('polyglot')</script>PK\x03\x04"
