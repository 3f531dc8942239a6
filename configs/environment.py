"""What every process of an experiment finds in its environment."""

from configs.limits import MIB

# One thread per process, and no hidden seed: parallelism is by processes, and hashes must not differ between them.
FIXED = {
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    # glibc keeps what is freed: given back and asked for again, the pages of what an update allocates
    # took a third of the time of a GRU's pass forward (measured). Bytes; the first is the most that glibc takes.
    "MALLOC_MMAP_THRESHOLD_": str(32 * MIB),
    "MALLOC_TRIM_THRESHOLD_": str(256 * MIB),
}
