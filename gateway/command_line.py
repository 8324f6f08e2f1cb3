"""What the commands of ``frontdoor`` share: plain errors, and where the database is."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from gateway.errors import FrontDoorError
from gateway.keys import Keys
from gateway.settings import Settings, read


@contextmanager
def plain_errors() -> Iterator[None]:
    """Our own errors as the one clear sentence they carry, without a traceback."""
    try:
        yield
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
