"""The key under which people are recognised across laboratories without their names.

It lies beside the other keys of the installation (`keys/matching-1`, `matching-2` after a rotation ...). Laboratories
that are to recognise each other's patients must hold the same one.
"""

from pathlib import Path

from laras.core.paths import below, secret

_known: dict[Path, tuple[int, bytes]] = {}


def current_key() -> tuple[int, bytes]:
    """Generation (1, 2 ...) and bytes of the key in force; made at first use."""
    folder = below("keys")
    generation, key = _known.get(folder, (0, b""))
    if not generation or (folder / f"matching-{generation + 1}").exists():
        while (folder / f"matching-{generation + 1}").exists():
            generation += 1
        generation = max(generation, 1)
        key = secret(f"matching-{generation}").encode()
        _known[folder] = generation, key
    return generation, key


def make_next_key() -> tuple[int, bytes]:
    """Put a new key in force; tokens of the old one are to be made again by `services.rotate_matching_key`."""
    generation, _key = current_key()
    secret(f"matching-{generation + 1}")
    return current_key()
