"""Looks of the chat that the demo page shows: what other towns might write into their file."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from gateway.community import Community, Staffed, Wording
from gateway.community_duty import distinct
from gateway.community_fields import BothLanguages, Code, Fact, Name
from gateway.community_widget import Scheme, Widget

FILE = Path(__file__).with_name("previews.toml")


class Preview(Fact):
    """One look, with as much of an invented town as the chat and its page show. What is not said is the town's own."""

    code: Code
    title: BothLanguages
    scheme: Scheme | None = None
    town: Name | None = None
    wording: Wording | None = None
    staffed: Staffed | None = None
    widget: Widget | None = None

    def of(self, community: Community) -> Community:
        """The town of the demo in these clothes."""
        named = {"name": self.town, "wording": self.wording, "staffed": self.staffed, "widget": self.widget}
        return community.model_copy(update={name: fact for name, fact in named.items() if fact is not None})


class _Previews(Fact):
    previews: Annotated[tuple[Preview, ...], AfterValidator(distinct)]


@cache
def previews() -> dict[str, Preview]:
    """Every preview by its code, in the order of the file."""
    read = _Previews.model_validate(tomllib.loads(FILE.read_text(encoding="utf-8")))
    return {each.code: each for each in read.previews}
