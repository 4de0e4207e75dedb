"""How a process that this package starts spends little beside its work; who imports it keeps their own ways."""

from __future__ import annotations

import gc
import os


def frugal() -> None:
    """To be called before numpy and Arrow come, and after all imports: what is there then is never looked at again."""
    # No sum of products of floats is taken here, and threads that wait for one spin.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # An allocator of its own would keep what Python and numpy could use, and ask for more, which is dear to be cleared.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    # A chunk makes a hundred thousand tuples and no cycle.
    gc.freeze()
    gc.set_threshold(1_000_000, 50, 100)
