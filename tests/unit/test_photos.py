"""What is made of an upload, whatever it holds."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from plugin.files.kinds import (
    KEPT_PIXELS_A_SIDE,
    LABEL_BYTES,
    PHOTO_BYTES,
    MediaType,
    NotALabel,
    NotAPhoto,
    PhotoTooLarge,
    clean_label,
    clean_photo,
    sniff,
)
from tests.photos import HTML_AS_JPEG, PDF, SVG, WHERE, a_bomb, a_photo, a_polyglot, a_turned_photo


@pytest.mark.parametrize(
    ("kind", "declared"),
    [("JPEG", "image/jpeg"), ("JPEG", "image/jpg"), ("PNG", "image/png"), ("WEBP", "IMAGE/WebP; q=1")],
)
async def test_a_photo_is_kept_as_a_jpeg_that_tells_nothing_but_the_picture(kind: str, declared: str) -> None:
    sent = a_photo(kind)
    assert WHERE in sent
    kept = await clean_photo(sent, declared)
    with Image.open(io.BytesIO(kept)) as picture:
        assert (picture.format, picture.size, dict(picture.getexif())) == ("JPEG", (64, 48), {})
    assert WHERE not in kept


async def test_a_photo_stands_upright_and_is_no_larger_than_needed() -> None:
    with Image.open(io.BytesIO(await clean_photo(a_turned_photo(), "image/jpeg"))) as picture:
        assert picture.size == (32, 64)
    wide = a_photo("JPEG", (4000, 100))
    with Image.open(io.BytesIO(await clean_photo(wide, "image/jpeg"))) as picture:
        assert picture.width <= KEPT_PIXELS_A_SIDE


async def test_what_was_hidden_behind_a_photo_is_gone() -> None:
    kept = await clean_photo(a_polyglot(), "image/jpeg")
    assert b"script" not in kept
    assert b"PK" not in kept[-20:]


@pytest.mark.parametrize(
    ("content", "declared"),
    [
        (b"", "image/jpeg"),
        (SVG, "image/svg+xml"),
        (SVG, "image/jpeg"),
        (HTML_AS_JPEG, "image/jpeg"),
        (a_photo("PNG"), "image/jpeg"),
        (a_photo("JPEG"), "text/html"),
        (a_photo("JPEG")[:200], "image/jpeg"),
        (a_photo("PNG")[:60], "image/png"),
        (a_photo("PNG", (4, 4)), "image/png"),
        (PDF, "application/pdf"),
        (b"GIF89a" + bytes(40), "image/gif"),
    ],
)
async def test_what_is_no_photo_is_refused(content: bytes, declared: str) -> None:
    with pytest.raises(NotAPhoto):
        await clean_photo(content, declared)


@pytest.mark.parametrize(
    ("content", "declared"),
    [
        (b"\xff\xd8\xff" + bytes(PHOTO_BYTES), "image/jpeg"),
        (a_bomb(), "image/png"),
        (a_bomb(6000, 6000), "image/png"),
    ],
)
async def test_what_is_too_large_is_refused_before_it_is_decoded(content: bytes, declared: str) -> None:
    with pytest.raises(PhotoTooLarge):
        await clean_photo(content, declared)


async def test_a_label_may_be_a_pdf_and_is_one_then() -> None:
    assert await clean_label(PDF, "application/pdf") == (PDF, MediaType.PDF)
    made, media_type = await clean_label(a_photo("PNG"), "image/png")
    assert (sniff(made), media_type) == (MediaType.JPEG, MediaType.JPEG)
    for content, declared in (
        (SVG, "application/pdf"), (PDF, "text/html"), (PDF + bytes(LABEL_BYTES), "application/pdf"),
        (a_bomb(), "image/png"), (HTML_AS_JPEG, "application/pdf"),
    ):  # fmt: skip
        with pytest.raises(NotALabel):
            await clean_label(content, declared)
