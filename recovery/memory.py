"""How much of the memory that was freed the process keeps."""

import contextlib
import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # of mallopt(3)
# Room for a chunk of 32 MiB and the blocks that are on their way to it.
_KEPT = 64 * 1024 * 1024


def use_memory_again() -> None:
    """Makes glibc keep two heaps instead of up to eight a core, and hand out again what was freed there.

    Every new thread gets a heap, and what was freed in it stays with the process: 60 to 100 MB with the threads that
    seal, store, fetch and open, whatever the backup's size. Large blocks, on the other hand, it gives back to the
    kernel at once, which clears every page again for the next one: that took a seventh of the time of sealing. Does
    nothing where the C library is another one.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(_ARENA_MAX, 2)
        library.mallopt(_MMAP_THRESHOLD, _KEPT)
        library.mallopt(_TRIM_THRESHOLD, _KEPT)
