"""Start Rasa's server with our channel and nothing else: no API, no telemetry, loopback unless told otherwise."""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

from bot import interpreter


def main(arguments: list[str] | None = None) -> int:
    """`python -m bot.serve --port P --actions-port A`; needs BOT_SECRET in the environment and a trained model."""
    parser = argparse.ArgumentParser(prog="python -m bot.serve", description=__doc__)
    parser.add_argument("--port", type=int, default=5005)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (a container needs 0.0.0.0)")
    parser.add_argument("--actions-port", type=int, default=5055)
    parser.add_argument("--actions-host", default="127.0.0.1", help="where the action server is")
    parser.add_argument("--model", type=Path, help="a model file; by default the one of the present files")
    options = parser.parse_args(arguments)
    interpreter.require()
    model = _model(options.model)
    _run(options, model)
    return 0


def _model(asked: Path | None) -> Path:
    from bot import models

    model = asked or models.wanted()
    if not model.is_file():
        sys.exit(f"There is no trained model at {model}. Run `make train` (python -m bot.train) first.")
    return model.resolve()


def _run(options: argparse.Namespace, model: Path) -> None:
    from bot import quiet

    quiet.environment()
    os.chdir(interpreter.ROOT)
    if str(interpreter.ROOT) not in sys.path:
        sys.path.insert(0, str(interpreter.ROOT))
    from rasa.core import run

    from bot import action_check

    quiet.logs()
    action_check.install()
    endpoints = _endpoints(f"http://{options.actions_host}:{options.actions_port}/webhook")
    try:
        channels = run.create_http_input_channels(None, "credentials.yml")
    except ValueError as problem:
        sys.exit(str(problem))
    app = run.configure_app(channels, enable_api=False, endpoints=endpoints)
    app.config.REQUEST_MAX_SIZE = 32 * 1024
    app.config.ACCESS_LOG = False
    app.register_listener(partial(_load, str(model), endpoints), "before_server_start")
    quiet.logs()
    app.run(host=options.host, port=options.port, workers=1, access_log=False, motd=False)


def _endpoints(actions_url: str) -> Any:
    from rasa.core.utils import AvailableEndpoints

    endpoints = AvailableEndpoints.read_endpoints("endpoints.yml")
    endpoints.action.url = actions_url
    return endpoints


async def _load(model: str, endpoints: Any, app: Any, loop: Any) -> None:
    from rasa.core.run import load_agent_on_start

    from bot import quiet
    from bot.turns import TurnTrackerStore

    agent = await load_agent_on_start(model, endpoints, None, app, loop)
    # Rasa goes on with no model, or with a store of its own in memory, when either is mistyped.
    store = getattr(agent.tracker_store, "_tracker_store", agent.tracker_store)
    if not agent.is_ready() or not isinstance(store, TurnTrackerStore):
        raise SystemExit("The bot's model or its tracker store could not be loaded. See endpoints.yml, `make train`.")
    quiet.logs()


if __name__ == "__main__":
    sys.exit(main())
