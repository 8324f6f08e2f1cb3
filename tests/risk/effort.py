"""What something costs the thread that does it, whatever else the machine has to do."""

import time
from collections.abc import Callable


def seconds(act: Callable[[], object], times: int = 3) -> float:
    """Seconds of this thread; the best of so many, because the garbage collector may pause any of them."""
    taken = []
    for _ in range(times):
        start = time.thread_time()
        act()
        taken.append(time.thread_time() - start)
    return min(taken)
