"""Start the action server for `bot.actions` on loopback, without a word of a resident in its log."""

from __future__ import annotations

import argparse
import os
import sys

from bot import interpreter


def main(arguments: list[str] | None = None) -> int:
    """`python -m bot.serve_actions --port A [--host H]`. The SDK's own start binds every address of the machine."""
    parser = argparse.ArgumentParser(prog="python -m bot.serve_actions", description=__doc__)
    parser.add_argument("--port", type=int, default=5055)
    parser.add_argument("--host", default="127.0.0.1")
    options = parser.parse_args(arguments)
    interpreter.require()
    from bot import quiet

    quiet.environment()
    os.chdir(interpreter.ROOT)
    if str(interpreter.ROOT) not in sys.path:
        sys.path.insert(0, str(interpreter.ROOT))
    from rasa_sdk.endpoint import create_app

    app = create_app("bot.actions", cors_origins=[])
    app.config.REQUEST_MAX_SIZE = 512 * 1024
    quiet.logs()
    app.run(host=options.host, port=options.port, workers=1, access_log=False, motd=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
