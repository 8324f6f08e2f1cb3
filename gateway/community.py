"""One town's facts: its name, numbers, hours, places and emergency lines, read from a file and checked."""

import re
import tomllib
from collections.abc import Collection
from datetime import date, time
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote_plus
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, StringConstraints, ValidationError, ValidationInfo, model_validator

from gateway.community_duty import (
    Closing,
    Desk,
    Disposition,
    Handoff,
    OutsideSystem,
    Ownership,
    Paging,
    Shifts,
    Team,
    distinct,
)
from gateway.community_fields import DAYS, BothLanguages, Day, Fact, Hours, Language, Name, Phone, Zip
from gateway.community_widget import Widget
from gateway.directory.gazetteer import GazetteerError, read_places
from gateway.directory.holidays import Calendar, calendar
from gateway.directory.needs import Mapping, of_town
from gateway.directory.report import ImportFailed
from gateway.errors import SettingsError

__all__ = [
    "DAYS", "AnsweringPoint", "BothLanguages", "Community", "CommunityError", "Day", "Directory", "Elsewhere", "Fact",
    "FollowUpOffer", "Hours", "Language", "Mediation", "Name", "Phone", "QuietHours", "SignOff", "Staffed", "Team",
    "Widget", "Wording", "Zip", "Zone", "load",
]  # fmt: skip

EXAMPLE = Path(__file__).resolve().parent.parent / "community.example.toml"
STATES = frozenset(
    "AL AK AS AZ AR CA CO CT DE DC FL GA GU HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT MP NE NV NH NJ NM NY NC ND "
    "OH OK OR PA PR RI SC SD TN TX UT VT VA VI WA WV WI WY".split()
)
ORIGIN = re.compile(r"^https?://[a-z0-9.-]+(:\d{1,5})?$")
LOCAL = ("localhost", "127.0.0.1")
OFF = "off"
LONGEST_MAP_LINK = 70  # half of a text
LONGEST_ADDRESS_LINK = 130  # with the address in it; a text in which it stands is no longer than two
MAP, MAP_ADDRESS = "https://maps.google.com/?q={latitude},{longitude}", "https://maps.google.com/?q={address}"


class CommunityError(SettingsError):
    """The town's file cannot be used; ``faults`` names every field that is missing or wrong."""


def _time_zone(name: str) -> str:
    if name not in _time_zones():
        raise ValueError(f"{name!r} is not an IANA time zone such as 'America/Denver'")
    return name


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())  # which reads a folder of six hundred files


def _state(code: str) -> str:
    if code not in STATES:
        raise ValueError(f"{code!r} is not a two-letter code of a US state or territory, in capitals")
    return code


def _origin(origin: str) -> str:
    if not ORIGIN.match(origin):
        raise ValueError(f"{origin!r} must be a scheme and a host in small letters, with no path: https://town.example")
    if origin.startswith("http://") and origin.removeprefix("http://").split(":")[0] not in LOCAL:
        raise ValueError(f"{origin!r} must use https; plain http is for this machine only")
    return origin


def _map_link(link: str) -> str:
    if link == OFF:
        return link
    try:
        shown = link.format(latitude="-00.0000", longitude="-000.0000")
    except (KeyError, IndexError, ValueError, AttributeError):
        shown = ""
    whole = "{latitude}" in link and "{longitude}" in link and link.startswith("https://")
    if not (whole and shown) or len(shown) > LONGEST_MAP_LINK or " " in shown:
        raise ValueError(
            f"{link!r} must be 'off', or an https link of at most {LONGEST_MAP_LINK} characters with"
            " {latitude} and {longitude}"
        )
    return link


def _address_link(link: str) -> str:
    if link == OFF:
        return link
    if not re.fullmatch(r"https://[^\s{}]+\{address\}[^\s{}]*", link) or len(link) > LONGEST_MAP_LINK:
        raise ValueError(
            f"{link!r} must be 'off', or an https link of at most {LONGEST_MAP_LINK} characters with {{address}}"
        )
    return link


def _holidays(named: tuple[str, ...]) -> tuple[str, ...]:
    calendar(named)
    return named


def _file(named: Path, info: ValidationInfo) -> Path:
    """A path in the town's file is meant from that file's own folder."""
    path = (info.context or {}).get("folder", EXAMPLE.parent) / named
    if not path.is_file():
        raise ValueError(f"{path} is no file")
    return Path(path)


Origin = Annotated[str, AfterValidator(_origin)]
State = Annotated[str, AfterValidator(_state)]
NamedFile = Annotated[Path, AfterValidator(_file)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]


class QuietHours(Fact):
    """The local hours in which follow-ups wait; replies never wait. The span may pass midnight."""

    start: time = time(21)
    end: time = time(8)

    def covers(self, at: time) -> bool:
        """Whether this local time of day is quiet; the end itself is not."""
        if self.start <= self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


class AnsweringPoint(Fact):
    """The 911 centre (PSAP). ``line`` is its 10-digit line: a responder who dials 911 reaches their own centre."""

    name: Name
    line: Phone


class Zone(Fact):
    """A part of the town, by ZIP codes; with a 911 centre of its own where it is not the town's."""

    name: Name
    zips: tuple[Zip, ...] = Field(min_length=1)
    psap: AnsweringPoint | None = None


class Staffed(Fact):
    """When a person is meant to be on call.

    What a resident is answered is the truth of the moment, never this plan. Only the chat may show it, before anybody
    writes and called a plan, where the town wants that (:class:`gateway.community_widget.Widget`).
    """

    always: bool = False
    days: tuple[Day, ...] = ()
    start: time | None = None
    end: time | None = None

    @model_validator(mode="after")
    def _hours_unless_always(self) -> "Staffed":
        if not self.always and not (self.days and self.start and self.end):
            raise ValueError("say always = true, or give days, start and end")
        return self


class Wording(Fact):
    """What residents see the service called, in each language."""

    en: Name
    es: Name


class Mediation(Fact):
    """Who steps in between two sides of a dispute, and the number at which they can be called, if there is one."""

    who: BothLanguages
    line: Phone | None = None


class Elsewhere(Fact):
    """The city's own line for what is no matter of this one: street lights, trash, parking."""

    name: Name = "311"
    number: Annotated[str, StringConstraints(pattern=r"^(311|\+1[2-9]\d{9})$")] = "311"


class SignOff(Fact):
    """A clinician's signature under the safety texts. It counts only while ``version`` is that of the texts."""

    name: Name
    role: Name
    date: date
    version: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]


class FollowUpOffer(Fact):
    """The question whether services helped: whether it is offered, and how many days later it is asked."""

    offered: bool = True
    days: int = Field(default=2, ge=2, le=14)


class Directory(Fact):
    """How the town's directory of services is read.

    ``needs`` is a YAML file of need codes, laid over ours; ``terms`` a CSV file of single terms of the publishers'
    taxonomies and the needs that they mean (:mod:`gateway.directory.term_file`); ``topics`` a YAML file of what needs
    are about in particular (:mod:`gateway.directory.topic_file`); ``places`` a CSV file of the town's
    neighborhoods and landmarks. All stand beside the town's file, or at the path given, and are None where the town has
    none. A record that was checked within ``fresh_days`` is fresh, and stale after ``stale_days``. ``holidays`` are the
    days on which listed hours may not hold, as :func:`gateway.directory.holidays.calendar` reads them. ``map`` is the
    link to a place, with ``{latitude}`` and ``{longitude}`` and nothing else of the service, or ``off``, and
    ``map_address`` that to a place whose point is not known, with ``{address}``. With
    ``four_eyes`` a second person agrees to an import in the console that takes away more than ``four_eyes_share`` of
    the services of its set, and to any undoing.
    """

    needs: NamedFile | None = None
    terms: NamedFile | None = None
    topics: NamedFile | None = None
    places: NamedFile | None = None
    fresh_days: int = Field(default=90, ge=1, le=3_650)
    stale_days: int = Field(default=365, ge=1, le=3_650)
    holidays: Annotated[tuple[str, ...], AfterValidator(_holidays)] = ("federal",)
    map: Annotated[str, AfterValidator(_map_link)] = MAP
    map_address: Annotated[str, AfterValidator(_address_link)] | None = None
    four_eyes: bool = True
    four_eyes_share: float = Field(default=0.2, ge=0, le=1)

    @model_validator(mode="after")
    def _stale_after_fresh(self) -> "Directory":
        if self.stale_days <= self.fresh_days:
            raise ValueError("stale_days must be more than fresh_days")
        try:
            if self.places:
                read_places(self.places)
            if self.needs or self.terms or self.topics:
                of_town(self.needs, self.terms, self.topics)
        except (GazetteerError, ImportFailed) as error:
            raise ValueError("; ".join(error.faults)) from error
        return self

    @property
    def tags(self) -> Mapping:
        """Which words and terms mean which needs, and what these are about."""
        return of_town(self.needs, self.terms, self.topics)

    @property
    def calendar(self) -> Calendar:
        """The town's holidays."""
        return calendar(self.holidays)

    def map_of(self, latitude: float | None, longitude: float | None, address: str | None = None) -> str | None:
        """The link to a point (WGS 84), to the nearest ten meters, or to an address where there is no point.

        None where the town wants no such links, and where an address makes too long a one.
        """
        if self.map == OFF:
            return None
        if latitude is not None and longitude is not None:
            return self.map.format(latitude=f"{latitude:.4f}", longitude=f"{longitude:.4f}")
        # A town with maps of its own has chosen who learns of a place: nobody else is asked for an address.
        by_address = self.map_address or (MAP_ADDRESS if self.map == MAP else OFF)
        if by_address == OFF or not address:
            return None
        link = by_address.format(address=quote_plus(address, safe=","))
        return link if len(link) <= LONGEST_ADDRESS_LINK else None


class Community(Fact):
    """Everything about one town that code must not guess. Times of day are local to ``time_zone``."""

    name: Name
    short_name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=20)]
    demo: bool = False
    sms_number: Phone
    web_origins: tuple[Origin, ...] = ()
    time_zone: TimeZone
    state: State
    languages: tuple[Language, ...] = ("en", "es")
    text_to_911: bool = False
    text_to_911_languages: tuple[Language, ...] = ("en",)
    psap: AnsweringPoint
    zones: tuple[Zone, ...] = Field(min_length=1)
    quiet_hours: QuietHours = QuietHours()
    staffed: Staffed
    wording: Wording
    teams: Annotated[tuple[Team, ...], AfterValidator(distinct)] = ()
    mediation: Mediation | None = None
    elsewhere: Elsewhere = Elsewhere()
    safety_sign_off: SignOff | None = None
    follow_up: FollowUpOffer = FollowUpOffer()
    directory: Directory = Directory()
    ownership: Ownership = Ownership()
    desks: Annotated[tuple[Desk, ...], AfterValidator(distinct)] = ()
    dispositions: Annotated[tuple[Disposition, ...], AfterValidator(distinct)] = ()
    paging: Paging = Paging()
    shifts: Shifts = Shifts()
    closing: Closing = Closing()
    handoff: Handoff = Handoff()
    outside_system: OutsideSystem = OutsideSystem()
    widget: Widget = Widget()

    @model_validator(mode="after")
    def _both_languages(self) -> "Community":
        if set(self.languages) != {"en", "es"}:
            raise ValueError("languages must be en and es: safety texts are said in both")
        return self

    @property
    def zips(self) -> frozenset[str]:
        """Every ZIP code of every zone."""
        return frozenset(code for zone in self.zones for code in zone.zips)

    @property
    def zone_names(self) -> dict[str, str]:
        """What the town itself calls the place of each of its ZIP codes."""
        return {code: zone.name for zone in self.zones for code in zone.zips}

    @property
    def clock(self) -> ZoneInfo:
        """The town's time zone, for :meth:`datetime.datetime.astimezone`."""
        return ZoneInfo(self.time_zone)

    def called(self, language: str) -> str:
        """What the service is called in ``"en"`` or ``"es"``; any other language gets the English name."""
        return self.wording.es if language == "es" else self.wording.en

    def zone_of(self, code: str) -> Zone | None:
        """The zone that a ZIP code lies in, if it is ours."""
        return next((zone for zone in self.zones if code in zone.zips), None)

    def teams_for(self, needs: Collection[str], code: str | None) -> tuple[Team, ...]:
        """The teams that may go out for any of these needs; a ZIP code that is known must be one they go to."""
        return tuple(
            team
            for team in self.teams
            if set(team.needs) & set(needs) and (code is None or code in (team.zips or self.zips))
        )

    def text_911_in(self, language: str) -> bool:
        """Whether a resident who writes this language may be told to text 911 here.

        A 911 centre takes texts only where it asked for the service (FCC), and not always in Spanish: ask the county.
        """
        return self.text_to_911 and language in self.text_to_911_languages


def load(path: Path | None = None) -> Community:
    """Read and check the town's file; ``None`` reads the invented demo town.

    Raises :class:`CommunityError` with every fault at once, each with the name of its field.
    """
    source = path or EXAMPLE
    try:
        facts = tomllib.loads(source.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CommunityError([f"{source}: no such file; copy community.example.toml and fill it in"]) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CommunityError([f"{source}: cannot be read: {error}"]) from error
    return _checked(source, facts)


def _checked(source: Path, facts: dict[str, Any]) -> Community:
    try:
        return Community.model_validate(facts, context={"folder": source.resolve().parent})
    except ValidationError as error:
        faults = [
            f"{source.name}: {'.'.join(str(part) for part in fault['loc']) or 'file'}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_context=False)
        ]
        raise CommunityError(faults) from error
