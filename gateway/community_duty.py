"""The town's rules for the people who answer: who owns how much, who is paged when, shifts, closings, teams."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, time
from typing import Annotated, Any, Literal, Protocol

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from gateway.community_fields import BothLanguages, Code, Fact, Hours, Language, Name, Phone, Zip
from gateway.escalations import DISPOSITIONS

Means = Literal["console", "push", "sms", "voice", "told"]
Whom = Literal["on_shift", "next_on_rota", "supervisors", "resident"]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=160)]
SECOND_CHANNEL_WITHIN, SUPERVISORS_WITHIN = 60, 180  # seconds, in danger


class Coded(Protocol):
    """What a code names."""

    @property
    def code(self) -> str:
        """The code."""


def distinct[T: Coded](parts: tuple[T, ...]) -> tuple[T, ...]:
    """The same parts; raises :class:`ValueError` naming a code that two of them have."""
    codes = [part.code for part in parts]
    for code in codes:
        if codes.count(code) > 1:
            raise ValueError(f"two of them have the code {code!r}")
    return parts


class Weights(Fact):
    """How much of a responder's capacity one thread takes, by its level."""

    emergency: int = Field(default=3, ge=1, le=10)
    urgent: int = Field(default=1, ge=1, le=10)
    routine: int = Field(default=1, ge=1, le=10)


class Ownership(Fact):
    """How much a responder may own at once, and after how many seconds a thread is taken from who is not there.

    ``silent_seconds`` is how long a resident's message may stay without an act of the owner, ``heartbeat_seconds`` how
    long the owner's console may give no sign of life.
    """

    capacity: int = Field(default=3, ge=1, le=10)
    weights: Weights = Weights()
    silent_seconds: int = Field(default=120, ge=60, le=600)
    heartbeat_seconds: int = Field(default=30, ge=30, le=300)


class Desk(Fact):
    """A group of responders to whom a thread may be passed on."""

    code: Code
    name: BothLanguages
    skills: tuple[Code, ...] = ()
    languages: tuple[Language, ...] = ()


class Disposition(BothLanguages):
    """The town's own name for how a thread ended, and the ``standard`` one that it counts as."""

    code: Code
    standard: str

    @model_validator(mode="after")
    def _known_standard(self) -> "Disposition":
        if self.standard not in DISPOSITIONS:
            raise ValueError(f"standard {self.standard!r} is none of {', '.join(DISPOSITIONS)}")
        return self


class Rung(Fact):
    """One step of a ladder: ``after`` so many seconds of waiting, by these means, these people."""

    after: int = Field(ge=0, le=7_200)
    means: Means
    whom: Whom

    @model_validator(mode="after")
    def _only_residents_are_told(self) -> "Rung":
        if (self.means == "told") != (self.whom == "resident"):
            raise ValueError("means 'told' is for whom 'resident', and for nobody else")
        return self


def _rungs(*rungs: tuple[int, Means, Whom]) -> tuple[Rung, ...]:
    return tuple(Rung(after=after, means=means, whom=whom) for after, means, whom in rungs)


EMERGENCY = _rungs(
    (0, "console", "on_shift"),
    (0, "push", "on_shift"),
    (0, "sms", "on_shift"),
    (45, "voice", "on_shift"),
    (90, "voice", "next_on_rota"),
    (150, "sms", "supervisors"),
    (150, "voice", "supervisors"),
    (210, "told", "resident"),
)
URGENT = _rungs(
    (0, "console", "on_shift"),
    (0, "push", "on_shift"),
    (60, "sms", "on_shift"),
    (120, "voice", "on_shift"),
    (180, "sms", "supervisors"),
    (300, "told", "resident"),
)
ROUTINE = _rungs(
    (0, "console", "on_shift"),
    (0, "push", "on_shift"),
    (600, "sms", "on_shift"),
    (1_800, "sms", "supervisors"),
)


def _orderly(rungs: tuple[Rung, ...]) -> tuple[Rung, ...]:
    if not rungs or rungs[0].means != "console" or rungs[0].after:
        raise ValueError("the first rung must be the console, after 0 seconds")
    if any(one.after > two.after for one, two in zip(rungs, rungs[1:], strict=False)):
        raise ValueError("no rung may come after fewer seconds than the one before it")
    if any(rung.means == "told" for rung in rungs[:-1]):
        raise ValueError("the resident is told on the last rung: nobody is paged after it")
    return rungs


def _reaches(rungs: Sequence[Rung], within: int, means: Sequence[str] = (), whom: str | None = None) -> bool:
    return any(
        rung.after <= within and (not means or rung.means in means) and (whom is None or rung.whom == whom)
        for rung in rungs
    )


def _for_emergency(rungs: tuple[Rung, ...]) -> tuple[Rung, ...]:
    if not (_reaches(rungs, 0, ["push"]) and _reaches(rungs, 0, ["sms"])):
        raise ValueError("push and sms must be tried at once, after 0 seconds")
    if not _reaches(rungs, SECOND_CHANNEL_WITHIN, ["voice"]):
        raise ValueError(f"somebody must be called (voice) within {SECOND_CHANNEL_WITHIN} seconds")
    if rungs[-1].means != "told":
        raise ValueError("the last rung must tell the resident")
    return _with_supervisors(rungs)


def _for_urgent(rungs: tuple[Rung, ...]) -> tuple[Rung, ...]:
    if not _reaches(rungs, SECOND_CHANNEL_WITHIN, ["sms", "voice"]):
        raise ValueError(f"sms or voice must be tried within {SECOND_CHANNEL_WITHIN} seconds")
    return _with_supervisors(rungs)


def _with_supervisors(rungs: tuple[Rung, ...]) -> tuple[Rung, ...]:
    if not _reaches(rungs, SUPERVISORS_WITHIN, whom="supervisors"):
        raise ValueError(f"supervisors must be reached within {SUPERVISORS_WITHIN} seconds")
    return rungs


Orderly = Annotated[tuple[Rung, ...], AfterValidator(_orderly)]


class Ladder(Fact):
    """Who is paged while nobody claims a thread, by its level."""

    emergency: Annotated[Orderly, AfterValidator(_for_emergency)] = EMERGENCY
    urgent: Annotated[Orderly, AfterValidator(_for_urgent)] = URGENT
    routine: Orderly = ROUTINE


class Paging(Fact):
    """The ladder, and the local time of day at which it is tried (``drill_at``), if it is."""

    drill_at: time | None = None
    ladder: Ladder = Ladder()


class Shifts(Fact):
    """How long before hours without anybody on call are warned of, how far a rota is laid out, how long a rest is."""

    gap_minutes: int = Field(default=30, ge=10, le=240)
    ahead_weeks: int = Field(default=5, ge=1, le=26)
    break_minutes: int = Field(default=15, ge=5, le=60)


class Closing(Fact):
    """For how long a new message opens a closed danger again, and when somebody else looks at a closed emergency."""

    reopen_hours: int = Field(default=12, ge=0, le=72)
    second_look_hours: int = Field(default=24, ge=1, le=168)


class Handoff(Fact):
    """The lines of 211 and 988 as responders reach them; a short number works only from inside the town's area."""

    line_211: Literal["211"] | Phone = "211"
    line_988: Literal["988"] | Phone = "988"


class OutsideSystem(Fact):
    """What the town's own dispatch system is told beside what every call tells: nothing, unless it stands here."""

    tell: tuple[Literal["phone", "people", "what_to_know"], ...] = ()


class Question(Fact):
    """One question of a team's checklist; the answer ``refuses`` (yes is true), if any, speaks against going."""

    code: Code
    en: Sentence
    es: Sentence
    required: bool = True
    refuses: bool | None = None


def _code_of(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    code = re.sub(r"[^a-z0-9]+", "_", letters).strip("_")
    return (code if code[:1].isalpha() else f"team_{code}")[:40].rstrip("_")


class Team(Fact):
    """A mobile team: who may come, for which needs, to which ZIP codes (the whole town when none is named), and when.

    ``hours`` left out means at any hour, ``code`` left out the letters of the name. Residents are told ``who`` may come
    before anybody does, and what they look like (``looks``) once they are on their way. A dispatch that nobody answers
    within ``answer_minutes``, and a team that is not heard of for ``check_in_minutes``, are shown to supervisors. The
    ``checklist`` says in the town's words to whom the team may go.
    """

    code: Code
    name: Name
    who: BothLanguages
    needs: tuple[Literal["welfare_check", "distress_in_public", "syringe_pickup"], ...] = Field(min_length=1)
    zips: tuple[Zip, ...] = ()
    hours: Hours | None = None
    roles: tuple[Name, ...] = ()
    languages: tuple[Language, ...] = ("en",)
    looks: BothLanguages | None = None
    decline: BothLanguages | None = None
    answer_minutes: int = Field(default=5, ge=1, le=60)
    check_in_minutes: int = Field(default=30, ge=5, le=240)
    checklist: Annotated[tuple[Question, ...], AfterValidator(distinct)] = ()

    @model_validator(mode="before")
    @classmethod
    def _code_from_the_name(cls, given: Any) -> Any:
        if isinstance(given, dict) and "code" not in given and isinstance(given.get("name"), str):
            return {**given, "code": _code_of(given["name"])}
        return given

    def is_out(self, local: datetime) -> bool:
        """Whether the team works at this local time."""
        return self.hours is None or self.hours.covers(local)
