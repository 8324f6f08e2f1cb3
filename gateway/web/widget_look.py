"""The town's own look of the chat as its files are given it: colours of the style, colours and corner of the button."""

import json
from typing import NamedTuple

from gateway.colours import mixed
from gateway.community_widget import SURFACES, Scheme, Widget

INK: dict[Scheme, str] = {"light": "#1b2529", "dark": "#eef2f4"}
DEEPER, TINT, DARK_TINT = 0.82, 0.16, 0.5
DARK = "(prefers-color-scheme: dark)"
ALWAYS: dict[Scheme, str] = {"light": "not all", "dark": "all"}


class Look(NamedTuple):
    """What of the town's wishes goes into the files.

    ``preview`` names a look of the demo page, ``scheme`` is the only one that it shows, whatever the device prefers.
    """

    light: str
    dark: str
    position: str = "right"
    bottom: int = 16
    preview: str | None = None
    scheme: Scheme | None = None

    def style(self) -> str:
        """The colours that are the town's, for the frame; what stands after it in the style may overrule them.

        The tint is behind the visitor's own words. It is made of the light accent on dark pages, too: that is dark.
        """
        light = self._colours("light", self.light, mixed(self.light, SURFACES["light"][0], TINT))
        dark = self._colours("dark", self.dark, mixed(self.light, SURFACES["dark"][0], DARK_TINT))
        return f":root {{ {light} }}\n@media {DARK} {{ :root {{ {dark} }} }}\n"

    def module(self) -> str:
        """The text of the script module ``look.js``, for the button on the town's page."""
        given = {
            "light": self.light,
            "deep": mixed(self.light, INK["light"], DEEPER),
            "dark": self.dark,
            "side": self.position,
            "bottom": self.bottom,
            "frame": f"frame?look={self.preview}" if self.preview else "frame",
        }
        return f"export const LOOK = {json.dumps(given, separators=(',', ':'))};\n"

    def shown(self, source: str) -> str:
        """A style or script as it is sent: with the device's preference, or as a preview of one scheme."""
        return source.replace(DARK, ALWAYS[self.scheme]) if self.scheme else source

    def _colours(self, scheme: Scheme, main: str, tint: str) -> str:
        only = f"color-scheme: {scheme} !important; " if self.scheme == scheme else ""
        return f"{only}--main: {main}; --deep: {mixed(main, INK[scheme], DEEPER)}; --mine: {tint};"


def of(widget: Widget, preview: str | None = None, scheme: Scheme | None = None) -> Look:
    """The look that a town wants."""
    return Look(widget.accent.light, widget.accent.dark, widget.position, widget.bottom, preview, scheme)


PLAIN = of(Widget())
