"""How the functions of the engine are compiled."""

from numba import njit

_inner = {
    "nogil": True,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
    "error_model": "numpy",
}
_entry = {"nogil": True, "cache": True, "no_cfunc_wrapper": True, "error_model": "numpy"}
kernel = njit(**_entry, _nrt=False)
allocating = njit(**_entry)
inlined = njit(**_inner, forceinline=True, _nrt=False)
apart = njit(**_inner, _nrt=False)
plain = njit(**_inner)
