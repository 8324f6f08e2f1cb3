"""The town's own look of the chat: colours that can be read, the corner it stands in, a greeting, the planned hours."""

import math
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gateway.colours import TEXT, contrast, nearest
from gateway.community_duty import Sentence
from gateway.community_fields import Fact

COLOUR = re.compile(r"#[0-9a-f]{6}")
Scheme = Literal["light", "dark"]
# What text in the accent's colour stands on: the page of the chat and a message in it (static/chat/frame.css).
SURFACES: dict[Scheme, tuple[str, str]] = {"light": ("#ffffff", "#eef3f5"), "dark": ("#14191c", "#232b30")}
AWAY: dict[Scheme, str] = {"light": "#000000", "dark": "#ffffff"}


def _on_light(colour: str) -> str:
    return _readable(colour, "light")


def _on_dark(colour: str) -> str:
    return _readable(colour, "dark")


def _readable(colour: str, scheme: Scheme) -> str:
    colour = colour.strip().lower()
    if not COLOUR.fullmatch(colour):
        raise ValueError(f"{colour!r} must be written with six digits, such as '#0b5563'")
    under = min(SURFACES[scheme], key=lambda surface: contrast(colour, surface))
    ratio = contrast(colour, under)
    if ratio < TEXT:
        told = math.floor(ratio * 100) / 100  # 4.498 is not told as 4.50
        raise ValueError(
            f"{colour} has a contrast of {told:.2f}:1 on the chat's {under}, and words need at least {TEXT}:1"
            f" (WCAG 2.2, 1.4.3); {nearest(colour, AWAY[scheme], SURFACES[scheme])} would do"
        )
    return colour


class Accent(Fact):
    """The colour of buttons and links, one for light pages and one for dark: hardly any can be read on both.

    Each is at least 4.5:1 against what it stands on, and so is the text on a button of it (WCAG 2.2, 1.4.3, 1.4.11).
    """

    light: Annotated[str, AfterValidator(_on_light)]
    dark: Annotated[str, AfterValidator(_on_dark)]


class Greeting(Fact):
    """The town's own first sentence, before what the chat itself says of computers, people and names."""

    en: Sentence
    es: Sentence


class Widget(Fact):
    """How the chat looks on the town's pages.

    ``position`` is the lower corner, ``bottom`` the distance from the edge in CSS pixels: more of it where the page has
    a bar down there. ``hours`` shows the plan of ``staffed``, called a plan. With ``pictures`` a visitor may send them;
    they lie under seal, and are shown to a responder as those that come with a text.
    """

    accent: Accent = Accent(light="#0b5563", dark="#8fd3e0")
    position: Literal["right", "left"] = "right"
    bottom: int = Field(default=16, ge=16, le=160)
    greeting: Greeting | None = None
    hours: bool = False
    pictures: bool = False
