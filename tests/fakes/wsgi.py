"""What the tests' own web server leaves undone."""

import contextlib
from collections.abc import Iterator
from typing import Any


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
