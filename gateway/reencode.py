"""Makes a new picture out of one that nobody has seen: new pixels, smaller, with nothing that was not picture.

Run as a file, by :mod:`gateway.pictures`, in a process of its own that knows no secret and no module of ours. It reads
a picture from its input and writes a line (width, height, length of the picture, length of the glance) and both. A
fault of the decoder, or a picture made to swell, ends this process and nothing else.
"""

import io
import resource
import sys
import warnings

from PIL import Image, ImageFilter, ImageOps

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
MOST_PIXELS = 40_000_000  # a phone's camera has 12 million, a few have 50 but send less
LONGEST_SIDE, GLANCE_SIDE = 1600, 16
QUALITY = 82
WHITE = (255, 255, 255)
MEMORY = 1 << 30  # bytes of addresses: 40 million pixels of 4 bytes, twice, and Python
CPU_SECONDS, OPEN_FILES = 15, 32
NO_PICTURE, TOO_MANY_PIXELS = 3, 4  # how it ends


def main() -> int:
    """Read, make, write; returns how it ended."""
    _bound()
    content = sys.stdin.buffer.read()
    try:
        picture = _fresh(content)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        return TOO_MANY_PIXELS
    except (OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError, OverflowError):
        return NO_PICTURE  # what Pillow's readers raise for what they cannot read
    glance = picture.copy()
    glance.thumbnail((GLANCE_SIDE, GLANCE_SIDE))
    parts = [_jpeg(picture), _jpeg(glance.filter(ImageFilter.GaussianBlur(1)))]
    head = f"{picture.width} {picture.height} {len(parts[0])} {len(parts[1])}\n"
    sys.stdout.buffer.write(head.encode() + b"".join(parts))
    return 0


def _bound() -> None:
    """Limits that this process cannot lift again."""
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, given = resource.getrlimit(kind)
        least = most if given == resource.RLIM_INFINITY else min(most, given)
        resource.setrlimit(kind, (least, least))
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS


def _fresh(content: bytes) -> Image.Image:
    """The first frame, upright, at most 1600 pixels long, on white where it was clear."""
    with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
        opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a big JPEG is read at a half, a quarter or an eighth
        opened.load()
        clear = opened.has_transparency_data
        seen = opened.convert("RGBA" if clear else "RGB")
        seen.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        ImageOps.exif_transpose(seen, in_place=True)
        # Onto a new picture, so that no comment, profile, thumbnail or place of taking comes along.
        fresh = Image.new("RGB", seen.size, WHITE)
        fresh.paste(seen, mask=seen if clear else None)
        return fresh


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
