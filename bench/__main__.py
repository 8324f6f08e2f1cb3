"""``make bench``: starts a demo in a folder of its own, measures it, stops it, and prints the table."""

import sys

from bench import residents
from bench.demo import demo


def main() -> int:
    """Measure; returns the exit status of the measuring program."""
    with demo() as running:
        return residents.main(["--var", str(running.var), *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
