"""What the tests' own web server leaves undone."""

import contextlib
from collections.abc import Iterator
from typing import Any

from flask import Flask
from sqlalchemy import event


def unhurried(app: Flask) -> Flask:
    """The same application, which waits longer for Postgres to take a call.

    The two seconds of :mod:`gateway.db` are for a server that is down. Two browsers that start beside a test can starve
    this one process for as long, and its page would be about a store that is not there.
    """

    def wait(_dialect: Any, _record: Any, _words: Any, options: dict[str, Any]) -> None:
        options["connect_timeout"] = 20

    if door := app.extensions.get("front_door"):  # the page of a town around the chat has no store
        for database in (door.database, door.database.road):
            event.listen(database.engine, "do_connect", wait, insert=True)
    return app


def closing(app: Any) -> Any:
    """The same application, whose answers close their files also where the browser hangs up.

    Werkzeug 3.1 reads what is left of a request in the ``finally`` that closes the answer, and before it. Where a
    browser has left the page meanwhile this reading fails, and a picture stays open until some test fails for it.
    """

    def answer(environ: Any, start_response: Any) -> Iterator[bytes]:
        parts = app(environ, start_response)
        with contextlib.ExitStack() as left:
            if hasattr(parts, "close"):
                left.callback(parts.close)
            yield from parts

    return answer
