"""A town that takes pictures from the web chat, and the pictures."""

import io
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from werkzeug.test import TestResponse

from tests.chat.conftest import Visitor

EXAMPLE = Path(__file__).resolve().parents[2] / "community.example.toml"


@pytest.fixture
def allowing(another: Callable[..., Flask], tmp_path: Path) -> Flask:
    """The application of a town that allows pictures."""
    town = tmp_path / "town.toml"
    town.write_text(EXAMPLE.read_text().replace("pictures = false", "pictures = true"))
    return another(community_file=town)


def drawn(form: str = "JPEG", size: tuple[int, int] = (300, 200)) -> bytes:
    """A red picture."""
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, form)
    return out.getvalue()


def sent(visitor: Visitor, content: bytes, client_id: str | None = None, language: str = "en") -> TestResponse:
    """What is answered to a picture."""
    more = {"X-Client-Id": client_id or str(uuid.uuid4()), "Content-Language": language}
    return visitor.client.post(
        "/chat/pictures", data=content, headers=visitor.headers | more, content_type="image/jpeg"
    )


__all__ = ["allowing", "drawn", "sent"]
