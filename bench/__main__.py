"""``make bench``: starts a demo in a folder of its own, measures it, stops it, and prints the table."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import residents
from gateway.processes import free_port

READY_SECONDS = 600.0
PORTS = ("FRONTDOOR_PORT", "FRONTDOOR_STANDIN_PORT", "FRONTDOOR_BOT_PORT", "FRONTDOOR_ACTIONS_PORT")


def main() -> int:
    """Measure; returns the exit status of the measuring program."""
    folder = Path(tempfile.mkdtemp(prefix="front-door-bench-"))
    folder.chmod(0o711)
    environ = os.environ | {name: str(free_port()) for name in PORTS} | {"FRONTDOOR_VAR": str(folder / "var")}
    demo = subprocess.Popen([sys.executable, "-m", "gateway.cli", "up"], env=environ, stdout=subprocess.PIPE, text=True)
    try:
        seconds = wait_until_ready(demo)
        sys.stdout.write(f"ready after {seconds:.0f} s\n")
        return residents.main(["--var", str(folder / "var"), *sys.argv[1:]])
    finally:
        demo.send_signal(signal.SIGTERM)
        demo.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def wait_until_ready(demo: "subprocess.Popen[str]") -> float:
    """Show what the start says until it says that it is ready. Raises ``SystemExit`` when it ends instead."""
    started = time.monotonic()
    assert demo.stdout is not None
    for line in demo.stdout:
        sys.stdout.write("  " + line)
        sys.stdout.flush()
        if "is ready" in line:
            return time.monotonic() - started
        if time.monotonic() - started > READY_SECONDS:
            break
    raise SystemExit("the demo did not become ready")


if __name__ == "__main__":
    sys.exit(main())
