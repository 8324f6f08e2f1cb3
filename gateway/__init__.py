"""The front door: a gateway between residents, a bot and the people who take over."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from gateway.settings import Settings

__all__ = ["create_app"]


def create_app(settings: "Settings") -> "Flask":
    """Build the web application of one process.

    Raises :class:`gateway.errors.SettingsError` when a card of the risk screen fails its own tests or the town's file
    is wrong: better not to open than to open blind.
    """
    from gateway.app import build  # noqa: PLC0415 - importing gateway.risk alone must not pull in Flask

    return build(settings)
