"""What may be uploaded, told from its first bytes, and the photo that is made of it.

A photo is never kept as it came: it is decoded and written anew as JPEG. So nothing of what was hidden in it is left:
where it was taken, who took it, a web page or an archive behind its end.
"""

from __future__ import annotations

import asyncio
import io
from enum import StrEnum

from PIL import Image, ImageOps

from plugin.core.errors import DomainError

PHOTO_BYTES = 5 * 1024 * 1024
LABEL_BYTES = 2 * 1024 * 1024
MOST_PIXELS = 30_000_000  # a phone's 24 megapixels; decoded, some 90 MB
FEWEST_PIXELS_A_SIDE = 16
KEPT_PIXELS_A_SIDE = 2560
_QUALITY = 85


class MediaType(StrEnum):
    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    PDF = "application/pdf"


PHOTOS = {MediaType.JPEG: "JPEG", MediaType.PNG: "PNG", MediaType.WEBP: "WEBP"}
_DECLARED_AS = {"image/jpg": MediaType.JPEG, "image/pjpeg": MediaType.JPEG}


class NotAPhoto(DomainError):
    status = 422
    code = "not_a_photo"
    sentence = "We can take photos as JPEG, PNG or WebP. Please choose another file, or take a screenshot of it."


class PhotoTooLarge(DomainError):
    status = 413
    code = "photo_too_large"
    sentence = "This photo is too large: 5 MB and 30 megapixels are the most. Please send a smaller one."


class NotALabel(DomainError):
    status = 422
    code = "not_a_label"
    sentence = "A label is a PDF, or an image as JPEG, PNG or WebP, of at most 2 MB."


_decoding = asyncio.Semaphore(2)  # a photo at its largest takes 90 MB while it is decoded


def sniff(content: bytes) -> MediaType | None:
    """What the first bytes say that it is; None for everything else."""
    if content.startswith(b"\xff\xd8\xff"):
        return MediaType.JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return MediaType.PNG
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return MediaType.WEBP
    return MediaType.PDF if content.startswith(b"%PDF-") else None


def declared_type(declared: str) -> str:
    """The media type that an upload names, without its parameters."""
    named = declared.partition(";")[0].strip().lower()
    return str(_DECLARED_AS.get(named, named))


async def clean_photo(content: bytes, declared: str) -> bytes:
    """The photo as a new JPEG; raises ``PhotoTooLarge`` and, also where something else is declared, ``NotAPhoto``."""
    if len(content) > PHOTO_BYTES:
        raise PhotoTooLarge(param="file")
    kind = sniff(content)
    if kind not in PHOTOS or declared_type(declared) != kind:
        raise NotAPhoto(param="file")
    async with _decoding:
        return await asyncio.to_thread(_made_anew, content, PHOTOS[kind])


async def clean_label(content: bytes, declared: str) -> tuple[bytes, MediaType]:
    """A label to print, and its type: a PDF as it is, an image as ``clean_photo`` makes it; raises ``NotALabel``."""
    if len(content) > LABEL_BYTES:
        raise NotALabel(param="file")
    if sniff(content) is MediaType.PDF and declared_type(declared) == MediaType.PDF:
        return content, MediaType.PDF
    try:
        return await clean_photo(content, declared), MediaType.JPEG
    except (NotAPhoto, PhotoTooLarge) as error:
        raise NotALabel(param="file") from error


def _made_anew(content: bytes, format_: str) -> bytes:
    try:
        with Image.open(io.BytesIO(content), formats=[format_]) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise PhotoTooLarge(param="file")
            if min(width, height) < FEWEST_PIXELS_A_SIDE:
                raise NotAPhoto(param="file")
            image.draft("RGB", (KEPT_PIXELS_A_SIDE, KEPT_PIXELS_A_SIDE))
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((KEPT_PIXELS_A_SIDE, KEPT_PIXELS_A_SIDE))
            made = io.BytesIO()
            _on_white(upright).save(made, "JPEG", quality=_QUALITY)
    except DomainError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoTooLarge(param="file") from error
    except Exception as error:  # a decoder that reads hostile bytes raises whatever it stumbles over
        raise NotAPhoto(param="file") from error
    return made.getvalue()


def _on_white(image: Image.Image) -> Image.Image:
    """JPEG knows no transparency; a new image has none of the old one's metadata either."""
    seen = image.convert("RGBA")
    made = Image.new("RGB", seen.size, "white")
    made.paste(seen, mask=seen.getchannel("A"))
    return made
