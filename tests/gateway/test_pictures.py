"""A picture of a picture: nothing of the file but what it shows, and no file that can hurt who opens it."""

import io
import zlib
from typing import Any

import pytest
from PIL import Image, ImageDraw

from gateway import pictures, reencode
from gateway.demo.media import SAMPLES, picture
from gateway.pictures import Unshowable, kind, make

slow = pytest.mark.slow
GPS = 0x8825


def encoded(drawn: Image.Image, form: str, **more: Any) -> bytes:
    out = io.BytesIO()
    drawn.save(out, form, **more)
    return out.getvalue()


def shown(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(make(content).content))


def colours(picture: Image.Image, across: int, down: int) -> str:
    """The name of the colour at a place, as near as a JPEG keeps it."""
    found = picture.convert("RGB").getpixel((across, down))
    assert isinstance(found, tuple)
    names = {(1, 0, 0): "red", (0, 0, 1): "blue", (1, 1, 1): "white"}
    return names.get(tuple(int(each > 128) for each in found), str(found))  # type: ignore[call-overload,no-any-return]


def chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + name + body + zlib.crc32(name + body).to_bytes(4)


def claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is that large."""
    head = width.to_bytes(4) + height.to_bytes(4) + b"\x01\0\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


RED = Image.new("RGB", (30, 20), "red")
HTML = b"<html><script>alert(document.cookie)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (encoded(RED, "JPEG"), "image/jpeg"), (encoded(RED, "PNG"), "image/png"), (encoded(RED, "GIF"), "image/gif"),
        (encoded(RED, "WEBP"), "image/webp"), (b"\0\0\0\x18ftypheic\0\0", "image/heic"), (SVG, "unknown"),
        (HTML, "unknown"), (b"", "unknown"), (b"GIF", "unknown"), (b"RIFF\0\0\0\0WAVE", "audio/wav"),
        (b"\xef\xbb\xbf<svg>", "unknown"), (SAMPLES["video/3gpp"], "video/3gpp"), (SAMPLES["text/vcard"], "text/vcard"),
        (SAMPLES["application/pdf"], "application/pdf"), (SAMPLES["audio/amr"], "audio/amr"),
    ],
)  # fmt: skip
def test_the_first_bytes_say_what_it_is(content: bytes, name: str) -> None:
    assert kind(content) == name


def test_both_sides_of_the_pipe_mean_the_same() -> None:
    assert pictures.ENDED == {reencode.NO_PICTURE: "broken", reencode.TOO_MANY_PIXELS: "too_many_pixels"}
    assert pictures.LONGEST_SIDE == reencode.LONGEST_SIDE


@slow
def test_where_it_was_taken_and_all_else_that_is_no_picture_is_gone() -> None:
    taken = Image.Exif()
    taken[0x010F], taken[0x013B] = "Phone of Maria", "Maria"
    taken.get_ifd(GPS).update({1: "N", 2: (37.0, 46.0, 30.0), 3: "W", 4: (122.0, 25.0, 10.0)})
    secret = b"12 Oak St, back door"
    content = encoded(RED, "JPEG", exif=taken, comment=secret, icc_profile=secret * 9, xmp=b"<x>" + secret) + HTML
    assert all(each in content for each in (b"Maria", secret, HTML))
    made = make(content)
    for each in (made.content, made.glance):
        assert not any(hidden in each for hidden in (b"Maria", secret, b"Exif", b"ICC_PROFILE", b"script"))
        assert not Image.open(io.BytesIO(each)).getexif()
    text = encoded(RED, "PNG", exif=taken)
    text = text[:-12] + chunk(b"tEXt", b"Comment\0" + secret) + text[-12:]
    assert secret not in make(text).content


@slow
def test_the_stand_in_s_own_picture_comes_with_a_place_and_leaves_without() -> None:
    assert Image.open(io.BytesIO(picture())).getexif().get_ifd(GPS)
    made = make(picture())
    assert (made.width, made.height) == (1200, 900)
    assert not Image.open(io.BytesIO(made.content)).getexif()


@slow
def test_a_picture_is_upright_and_no_longer_than_a_screen() -> None:
    drawn = Image.new("RGB", (3000, 1500), "white")
    ImageDraw.Draw(drawn).rectangle((0, 0, 300, 1499), fill="red")  # what is left in the file is on top when held up
    held = Image.Exif()
    held[0x0112] = 6
    seen = shown(encoded(drawn, "JPEG", exif=held))
    assert seen.size == (800, 1600)
    assert colours(seen, 400, 40) == "red"
    assert colours(seen, 400, 1500) == "white"


@slow
def test_what_was_clear_is_white_and_what_moved_stands_still() -> None:
    assert colours(shown(encoded(Image.new("RGBA", (40, 40), (0, 0, 0, 0)), "PNG")), 20, 20) == "white"
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("blue", "red")]
    seen = shown(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert seen.format == "JPEG"
    assert colours(seen, 20, 20) == "blue"
    for each in (encoded(RED.convert("CMYK"), "JPEG"), encoded(RED, "WEBP"), encoded(RED.convert("1"), "PNG")):
        assert shown(each).mode == "RGB"


@slow
def test_the_glance_tells_nothing_but_colours() -> None:
    glance = Image.open(io.BytesIO(make(picture()).glance))
    assert max(glance.size) == 16


@slow
@pytest.mark.parametrize(
    ("content", "why"),
    [
        (claiming(30_000, 30_000), "too_many_pixels"),
        (claiming(8_000, 6_000), "too_many_pixels"),  # 48 million: Pillow by itself would only warn
        (claiming(0x7FFFFFFF, 0x7FFFFFFF), "too_many_pixels"),
        (b"GIF89a" + HTML, "broken"),
        (b"\xff\xd8\xff" + HTML, "broken"),
        (encoded(RED, "JPEG")[:300], "broken"),
        (encoded(RED, "BMP"), "broken"),
        (SVG, "broken"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "broken"),  # Pillow would call Ghostscript
        (b"", "broken"),
    ],
    ids=["bomb", "many-pixels", "huge-by-its-head", "gif-html", "jpeg-html", "cut", "bmp", "svg", "eps", "empty"],
)
def test_what_is_no_picture_or_too_much_of_one_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(Unshowable, match=why):
        make(content)


@slow
def test_a_picture_that_is_also_a_page_comes_out_as_a_picture_alone() -> None:
    both = encoded(RED, "GIF", comment=b"*/=1;" + HTML) + HTML
    assert kind(both) == "image/gif"
    made = make(both)
    assert made.content.startswith(pictures.JPEG)
    assert b"script" not in made.content


@pytest.mark.parametrize(
    "out",
    [
        b"", b"30 20 5 3\nabcdefgh", b"9999 20 3 3\n\xff\xd8\xff\xff\xd8\xff", b"30 20 3 3\n\xff\xd8\xff<b>",
        b"30 20 99 3\n\xff\xd8\xff\xff\xd8\xff", b"30 0 3 3\n\xff\xd8\xff\xff\xd8\xff", HTML,
    ],
)  # fmt: skip
def test_a_decoder_that_was_taken_over_is_not_believed(out: bytes) -> None:
    assert pictures.checked(b"30 20 6 3\n\xff\xd8\xffabc\xff\xd8\xff").width == 30  # what a good one says
    with pytest.raises(Unshowable):
        pictures.checked(out)
