"""What the commands of ``frontdoor`` share: plain errors, and where the database is."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from gateway.errors import FrontDoorError, Refused
from gateway.keys import Keys
from gateway.settings import Settings, read

# A refusal carries a code, which pages turn into their own words; these are the ones that a command can meet.
REFUSED = {
    "bad_email": "That is no email address. Nothing was done.",
    "bad_phone": "That is no phone number. Nothing was done.",
    "drill_in_danger": "Somebody waits in danger. Run the drill later.",
    "drill_runs": "A drill runs already.",
    "editors_are_not_on_call": "Who only edits the directory is not on call. Leave --on-call-hours out.",
    "email_taken": "Somebody with this email works here already, or did.",
    "name_missing": "A name is missing.",
    "no_phone_number": "That is no phone number. Nothing was done.",
    "no_such_member": "No team has a member with this number. See who there is with: frontdoor team list",
    "no_such_person": "Nobody with this email works here.",
    "no_such_team": "The town's file names no team with this code.",
    "phone_taken": "Somebody else has proved this phone as theirs. Nothing was done.",
}


@contextmanager
def plain_errors() -> Iterator[None]:
    """Our own errors as the one clear sentence they carry, without a traceback."""
    try:
        yield
    except Refused as refused:
        raise click.ClickException(REFUSED.get(refused.code, refused.code)) from None
    except FrontDoorError as failure:
        raise click.ClickException(str(failure)) from None


def database_url() -> str:
    """The database of the settings, or of the demo that runs on this machine."""
    return running().database_url


def var() -> Path:
    """The folder of what the product writes on this machine."""
    return Path(os.environ.get("FRONTDOOR_VAR", "var")).resolve()


def community_file() -> Path | None:
    """The town's file of the settings; None for the invented town of the demo."""
    return running().community_file


def keys() -> Keys:
    """The keys of the settings, or of the demo that runs on this machine."""
    return running().keys


def running() -> Settings:
    """Settings, with the addresses of the demo that runs on this machine when none are given."""
    from gateway import up as everything  # noqa: PLC0415

    return read(everything.running_environment())
