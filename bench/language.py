"""``python -m bench.language``: what knowing languages costs, in memory, to load, for a text and for 10,500 words."""

import json
import subprocess
import sys

RUNS = 5
# Run in a process of its own: what is loaded once stays, and would be measured once.
PROGRAM = """
import json, time
from pathlib import Path

def resident():
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 1024

before, started = resident(), time.process_time()
from gateway.language import detect
loaded = time.process_time() - started
texts = ["necesito comida para mis hijos", "i need a place to sleep", "mwen bezwen yon kote pou m rete tanpri"]
languages = [detect(text).lang for text in texts]
added = resident() - before
# Each text once, past the cache: what residents write, and in other languages what reaches langdetect.
files = sorted(Path("bot/data/rows").glob("*.yml"))
rows = [line.strip()[2:] for path in files for line in path.open() if line.startswith("    - ")]
spent = []
for text in (*rows, *("mwen bezwen yon kote pou m rete " + row[:9] for row in rows[:200])):
    begun = time.process_time()
    detect.__wrapped__(text)
    spent.append(time.process_time() - begun)
spent.sort()
begun = time.process_time()
detect("necesito ayuda " * 5_000 + "qzx " * 500)
long = time.process_time() - begun
print(json.dumps({
    "added_mb": round(added, 1), "load_s": round(loaded, 2), "languages": languages,
    "p50_ms": round(1000 * spent[len(spent) // 2], 3), "p95_ms": round(1000 * spent[int(.95 * len(spent))], 3),
    "long_s": round(long, 2),
}))
"""


def main() -> int:
    """Print the best of five runs of each figure; time is that of one core."""
    runs = [json.loads(subprocess.check_output([sys.executable, "-c", PROGRAM])) for _ in range(RUNS)]
    for figure in ("added_mb", "load_s", "p50_ms", "p95_ms", "long_s"):
        sys.stdout.write(f"{figure:>9} {min(run[figure] for run in runs)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
