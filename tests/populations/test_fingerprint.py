"""The fingerprint tells machines apart, not calls."""

import torch

from populations.fingerprint import fingerprint


def test_the_fingerprint_does_not_depend_on_what_was_drawn_before() -> None:
    torch.manual_seed(1)
    first = fingerprint()
    fingerprint.cache_clear()
    torch.manual_seed(2)
    assert fingerprint() == first
    assert len(bytes.fromhex(first)) == 32
