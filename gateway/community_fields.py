"""What the parts of the town's file are made of: names, numbers, codes, days and hours, words in both languages."""

from datetime import datetime, time
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=60)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+1[2-9]\d{9}$")]
Zip = Annotated[str, StringConstraints(pattern=r"^\d{5}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,39}$")]
Language = Literal["en", "es"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Fact(BaseModel):
    """A frozen part of the file that refuses names which it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BothLanguages(Fact):
    """A few words of the town's own that residents read, in each language."""

    en: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=60)]
    es: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=60)]

    def said_in(self, language: str) -> str:
        """The words in ``"es"``, or else in English."""
        return self.es if language == "es" else self.en


class Hours(Fact):
    """Days and local hours of work; a span may pass midnight, and then belongs to the day it began on."""

    days: tuple[Day, ...] = DAYS
    start: time
    end: time

    def covers(self, local: datetime) -> bool:
        """Whether somebody works at this local time; the end itself is not worked any more."""
        today, yesterday = DAYS[local.weekday()], DAYS[local.weekday() - 1]
        at = local.time()
        if self.start < self.end:
            return today in self.days and self.start <= at < self.end
        return (today in self.days and at >= self.start) or (yesterday in self.days and at < self.end)
