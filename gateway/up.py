"""``frontdoor up``: everything on this machine, in order, supervised, and then a printed list of where it all is."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from gateway import community, log_ins, safety, schema, services, settings
from gateway.db import Database
from gateway.directory import demo, reindexing
from gateway.directory.report import ImportBusy
from gateway.processes import leashed
from gateway.supervisor import CannotRun, Child, Program, Supervisor, check_disk, check_ports, fresh_log, only_one

ROOT = Path(__file__).resolve().parent.parent
BOT_PYTHON = ROOT / ".venv-bot" / "bin" / "python"
WEB_SECONDS, BOT_SECONDS = 60.0, 300.0
PORTS = {
    "FRONTDOOR_PORT": "8080",
    "FRONTDOOR_STANDIN_PORT": "8090",
    "FRONTDOOR_BOT_PORT": "5005",
    "FRONTDOOR_ACTIONS_PORT": "5055",
}
MOST_BOTS = 16


def run(environ: Mapping[str, str] = os.environ) -> int:
    """Start everything and keep it running until Ctrl-C or SIGTERM; returns the exit status.

    Raises :class:`gateway.errors.FrontDoorError` with one clear sentence when this machine cannot run it.
    """
    var = Path(environ.get("FRONTDOOR_VAR", "var")).resolve()
    var.mkdir(parents=True, exist_ok=True, mode=0o700)
    with only_one(var / "up.lock") as lock:
        up = Up(var, dict(environ), Supervisor(say, lock))
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: up.supervisor.stop_soon())
        up.check()
        try:
            up.everything()
        finally:
            say("stopping")
            (var / "running.json").unlink(missing_ok=True)
            up.supervisor.stop()
    return 0


def take_shipped(database: Database, now: datetime, *, demo_town: bool) -> None:
    """Take in the directory that ships with us; the door does not stay shut for as long as another import takes."""
    try:
        (demo.load_demo if demo_town else demo.load_national)(database, now, wait=False)
    except ImportBusy:
        say("an import is at work: the national lines are looked at again at the next start")


def say(line: str) -> None:
    """One line to the person who started us."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')}  {line}\n")
    sys.stdout.flush()


@dataclass
class Up:
    """One run: the folder it keeps its things in, its environment, its children."""

    var: Path
    environ: dict[str, str]
    supervisor: Supervisor
    started: float = field(default_factory=time.monotonic)

    def everything(self) -> None:
        """All steps, in the order in which they need each other; the door opens before the bot is there."""
        self._stores()
        given = settings.read(self.environ)
        first = self._prepare(given)
        if given.demo:
            self._standin(given)
        self._start("web", self._frontdoor("web"), f"{self._local('FRONTDOOR_PORT')}/healthz")
        self._start("worker", self._frontdoor("worker"))
        self.supervisor.wait_ready(*(["standin"] if given.demo else []), "web", seconds=WEB_SECONDS)
        say(f"the door is open at {given.public_url} (the bot is still getting ready; a menu answers until then)")
        self._note(given)
        self._bot(given)
        self._note(given)
        self._tell(given, first)
        self.supervisor.run()

    def check(self) -> None:
        """Refuse, before anything is touched, what this machine cannot run. Raises :class:`CannotRun`."""
        self.environ = {**PORTS, "FRONTDOOR_BOT_PROCESSES": "1", **self.environ, "FRONTDOOR_VAR": str(self.var)}
        faults = [name for name in (*PORTS, "FRONTDOOR_BOT_PROCESSES") if not self.environ[name].isdigit()]
        if faults:
            raise CannotRun(f"{', '.join(faults)} must be a number")
        if not 1 <= int(self.environ["FRONTDOOR_BOT_PROCESSES"]) <= MOST_BOTS:
            raise CannotRun(f"FRONTDOOR_BOT_PROCESSES must be between 1 and {MOST_BOTS}")
        self.environ.setdefault("FRONTDOOR_BOT_URL", ",".join(self._bots().values()))
        check_disk(self.var)
        host = self.environ.get("FRONTDOOR_HOST", "127.0.0.1")
        own = {"FRONTDOOR_PORT"}
        check_ports({name: (host if name in own else "127.0.0.1", int(self.environ[name])) for name in PORTS})
        for url in list(self._bots().values())[1:]:
            check_ports({"FRONTDOOR_BOT_PORT": ("127.0.0.1", int(url.rpartition(":")[2]))})
        if not BOT_PYTHON.exists():
            raise CannotRun("the bot's environment .venv-bot is missing; run `make setup`")

    def _stores(self) -> None:
        """Start Postgres and Redis, unless outside servers are named."""
        if not self.environ.get("DATABASE_URL"):
            say("starting Postgres")
            self.supervisor.start(Child("postgres", lambda: services.start_postgres(self.var)))
            self.environ["DATABASE_URL"] = services.postgres(self.var).url
        if not self.environ.get("REDIS_URL"):
            self.supervisor.start(Child("redis", lambda: services.start_redis(self.var)))
            self.environ["REDIS_URL"] = services.Redis(self.var).url

    def _prepare(self, given: settings.Settings) -> tuple[str, str] | None:
        database = Database(given.database_url, statement_ms=0)
        say("bringing the database up to date")
        schema.upgrade(database)
        town = community.load(given.community_file)
        reindexing.catch_up(database, say, town.directory.tags)
        now = datetime.now(UTC)
        # Invented services never stand beside those of a town of one's own, nor come back once they were taken away.
        take_shipped(database, now, demo_town=given.demo and town.demo)
        with database.begin() as session:
            first = log_ins.first_log_in(session, now, log_ins.FIRST_SHIFT if given.demo else timedelta())
        database.close()
        return first

    def _standin(self, given: settings.Settings) -> None:
        port = self.environ["FRONTDOOR_STANDIN_PORT"]
        url = f"http://127.0.0.1:{port}"
        self.environ["FRONTDOOR_TWILIO_API_URL"] = url
        webhook = f"{given.public_url}/sms/inbound#rc=2&rp=all"
        argv = [sys.executable, "-m", "gateway.demo.standin", "--port", port, "--number", given.twilio_number]
        environ = {
            "FRONTDOOR_STANDIN_ACCOUNT_SID": given.twilio_account_sid,
            "FRONTDOOR_STANDIN_AUTH_TOKENS": ",".join(given.twilio_auth_tokens),
        }
        self._start("standin", [*argv, "--webhook", webhook], f"{url}/_standin/health", environ)

    def _bot(self, given: settings.Settings) -> None:
        """Train when the bot's files changed, then start it. Without it the door stays open and a menu answers."""
        actions, bots = self.environ["FRONTDOOR_ACTIONS_PORT"], self._bots()
        if not self._train():
            say("the bot could not be trained; the menu goes on answering. `make train` shows what is wrong")
            return
        python = [str(BOT_PYTHON), "-m"]
        self._start("actions", [*python, "bot.serve_actions", "--port", actions])
        for name, url in bots.items():
            argv = [*python, "bot.serve", "--port", url.rpartition(":")[2], "--actions-port", actions]
            self._start(name, argv, f"{url}/webhooks/frontdoor/health", {"BOT_SECRET": given.bot_secret})
        try:
            self.supervisor.wait_ready(*bots, seconds=BOT_SECONDS)
        except CannotRun as failure:
            say(f"{failure}; the menu goes on answering")

    def _bots(self) -> dict[str, str]:
        """The address of each process of the bot by its name; they listen on ports that follow each other."""
        first, number = int(self.environ["FRONTDOOR_BOT_PORT"]), int(self.environ["FRONTDOOR_BOT_PROCESSES"])
        return {f"bot-{at + 1}" if at else "bot": f"http://127.0.0.1:{first + at}" for at in range(number)}

    def _train(self) -> bool:
        """Run the training in sight, looking after the children meanwhile."""
        say("training the bot if its files changed")
        argv = leashed([str(BOT_PYTHON), "-m", "bot.train"], signal.SIGTERM)
        with subprocess.Popen(argv, stdin=subprocess.DEVNULL, cwd=ROOT) as training:
            while training.poll() is None and not self.supervisor.stopping:
                self.supervisor.look()
                time.sleep(0.1)
            if training.poll() is None:
                training.terminate()
        return training.returncode == 0 or self.supervisor.stopping

    def _start(
        self, name: str, argv: list[str], health: str | None = None, environ: Mapping[str, str] | None = None
    ) -> None:
        if self.supervisor.stopping:
            return
        program = Program(argv, fresh_log(self.var / "logs", name), {**self.environ, **(environ or {})}, cwd=ROOT)
        self.supervisor.start(Child(name, program.start, answers(health) if health else lambda: True))

    def _frontdoor(self, verb: str) -> list[str]:
        return [sys.executable, "-m", "gateway.cli", verb]

    def _local(self, port: str) -> str:
        return f"http://127.0.0.1:{self.environ[port]}"

    def _note(self, given: settings.Settings) -> None:
        """Keep where everything is, for the other verbs of ``frontdoor`` on this machine."""
        kept = {
            "DATABASE_URL": self.environ["DATABASE_URL"],
            "REDIS_URL": self.environ["REDIS_URL"],
            "url": given.public_url,
            "standin_url": self.environ.get("FRONTDOOR_TWILIO_API_URL"),
            "pids": self.supervisor.pids(),
        }
        path = self.var / "running.json"
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(kept, file)

    def _tell(self, given: settings.Settings, first: tuple[str, str] | None) -> None:
        if self.supervisor.stopping:
            return
        standin = self.environ.get("FRONTDOOR_TWILIO_API_URL")
        lines = [
            f"Front Door is ready ({time.monotonic() - self.started:.0f} s).",
            "",
            f"  chat demo   {given.public_url}/" if given.demo else f"  chat        {given.public_url}/chat/frame",
            f"  console     {given.public_url}/console",
            f"  log-in      {first[0]}   password  {first[1]}   (shown once)" if first else "  log-in      as before",
            f"  handset     {standin}/   or  .venv/bin/frontdoor phone" if standin else "",
            f"  health      {given.public_url}/readyz",
            f"  safety      texts {safety.state(community.load(given.community_file))}  (.venv/bin/frontdoor safety)",
            f"  data        {self.var}",
            f"  logs        {self.var / 'logs'}",
            "",
            "  Ctrl-C stops everything.",
        ]
        sys.stdout.write("\n" + "\n".join(lines) + "\n\n")
        sys.stdout.flush()


def answers(url: str) -> Callable[[], bool]:
    """A question that is answered yes once ``url`` gives a 2xx."""

    def ask() -> bool:
        try:
            return httpx.get(url, timeout=1.0).is_success
        except httpx.HTTPError:
            return False

    return ask


def running_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment, completed with the stores of the demo that runs on this machine, if one does."""
    path = Path(environ.get("FRONTDOOR_VAR", "var")) / "running.json"
    if not path.exists():
        return dict(environ)
    kept = json.loads(path.read_text())
    stores = {name: kept[name] for name in ("DATABASE_URL", "REDIS_URL")}
    standin = {"FRONTDOOR_TWILIO_API_URL": kept["standin_url"]} if kept.get("standin_url") else {}
    return {**stores, **standin, **environ}
