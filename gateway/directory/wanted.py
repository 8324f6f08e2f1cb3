"""What is asked of the directory and what it answers: the shapes that search, ranking, answers and pages share.

Every field has a default, which stands for "not said" or "not known".
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from gateway.directory.topics import Topics, standard


@dataclass(frozen=True)
class OpenState:
    """Open at the moment asked about? ``None`` means that the directory does not say.

    ``until`` is when an open place closes (None for one that stays open for a week), ``opens`` when a closed one
    surely opens next; both are aware, in the location's own time zone. ``holiday`` is the code of the holiday for
    which the listed hours may not hold.
    """

    open: bool | None
    until: datetime | None = None
    opens: datetime | None = None
    holiday: str | None = None


@dataclass(frozen=True)
class PlaceChoice:
    """One reading of a place that can be read in several ways, as it is shown to the resident."""

    name: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Wanted:
    """What a resident looks for. ``needs`` are need codes, any of which will do; ``text`` is free text.

    ``when`` is the moment at which it must be open, if not now (``open_only``: nothing that is surely closed then).
    ``nearest`` puts the way before everything else. ``ages`` are those of the people it is for, in years; ``serves``
    says who they are (pregnant, veteran, family, women, men, lgbtq, pets, …), ``languages`` what they speak (ISO 639),
    ``cost`` what they can pay (``free``), ``access`` what they need (wheelchair, walking, homebound, deaf, …),
    ``lacks`` the papers that they do not have (id, address, income, insurance). ``without`` are ids of services that
    they had. None of these ever leaves out a service about which the directory does not say enough. ``chosen`` is the
    reading that they chose of a place that can be read in several ways: it goes before ``zip`` and ``place``.
    ``topics`` say what the needs are about in particular, of the ``known_topics`` of the town (topics.yml); those of
    them that are ``guessed`` rank services and leave none out; ``words``
    are what is telling in ``text`` beside its needs, topics and place, None where nobody has looked.
    """

    needs: tuple[str, ...] = ()
    zip: str | None = None
    place: str | None = None
    language: str = "en"
    offset: int = 0
    text: str | None = None
    when: datetime | None = None
    open_only: bool = False
    nearest: bool = False
    ages: tuple[int, ...] = ()
    serves: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    cost: str | None = None
    access: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    chosen: PlaceChoice | None = None
    topics: tuple[str, ...] = ()
    guessed: tuple[str, ...] = ()
    known_topics: Topics = field(default_factory=standard, repr=False, compare=False)
    words: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Why:
    """One reason for the rank of a service: ``name`` of the term, and what it costs in miles (below 0 it helps)."""

    name: str
    cost: float
    note: str | None = None


@dataclass(frozen=True)
class FoundService:
    """One service as it may be told. ``id`` is the dataset and the HSDS id with a colon between them.

    Texts are in the language asked for where the directory has them so. ``phone_note`` is what to press,
    ``text_word`` what to send to ``text_number``. ``distance_miles`` is None without a place. ``need`` is the need
    asked for that it meets. ``closure`` is why it is closed for a while, ``closed_to`` until when.
    ``verified_on`` is the day of the newest check and ``verified_by`` who made it (publisher, responder, editor,
    provider, resident); ``stale`` marks a record that is too old to be called open, ``vouched_for``
    is False where nobody ever checked it. ``address_public`` is False where nobody may be told the address: then
    ``address``, ``postal_code``, ``latitude`` and ``longitude`` are None.
    ``cost`` is ``free``, ``sliding`` or ``fee``; ``week`` are the minutes of the week in which it is open, from Monday
    0:00, where every week is alike. ``call_first`` are the facts asked for that the directory does not say.
    ``asked_at`` is the moment of another day that was asked about: then ``open_state`` is of that moment.
    """

    id: str
    name: str
    organization: str | None
    phone: str | None
    text_number: str | None
    address: str | None
    city: str | None
    distance_miles: float | None
    open_state: OpenState
    url: str | None
    description: str | None
    phone_note: str | None = None
    text_word: str | None = None
    eligibility: str | None = None
    fees: str | None = None
    location: str | None = None
    postal_code: str | None = None
    location_id: str | None = None
    need: str | None = None
    verified_on: date | None = None
    verified_by: str | None = None
    stale: bool = False
    vouched_for: bool = True
    closure: str | None = None
    closed_to: datetime | None = None
    address_public: bool = True
    latitude: float | None = None
    longitude: float | None = None
    cost: str | None = None
    languages: tuple[str, ...] = ()
    access: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    how_to_apply: str | None = None
    interpretation: str | None = None
    accessibility: str | None = None
    getting_there: str | None = None
    email: str | None = None
    alert: str | None = None
    wait_time: str | None = None
    week: tuple[tuple[int, int], ...] | None = None
    timezone: str | None = None
    call_first: tuple[str, ...] = ()
    why: tuple[Why, ...] = ()
    asked_at: datetime | None = None

    @property
    def closed(self) -> bool:
        """Whether somebody wrote down that it is closed for a while."""
        return self.closure is not None or self.closed_to is not None


@dataclass(frozen=True)
class Found:
    """``total`` counts all services that fit. ``place_understood`` is how a given place was read, None when it was
    not understood or none was given; ``place_asked`` tells these two apart. ``at`` is the moment of the search.

    ``places`` are the readings to choose from where a place has several; then nothing was searched. ``ids`` are the
    services of the whole ranked list, best first, as far as they are kept for the next three. ``reason`` says why
    there is nothing: none, far, closed or not_eligible.
    """

    services: list[FoundService]
    total: int
    place_understood: str | None
    place_asked: str | None = None
    offset: int = 0
    at: datetime | None = None
    places: tuple[PlaceChoice, ...] = ()
    ids: tuple[str, ...] = ()
    reason: str | None = None
