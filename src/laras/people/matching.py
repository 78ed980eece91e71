"""The key under which people are recognised across laboratories without their names.

It lies beside the other keys of the installation (`keys/matching-1`, `matching-2` after a rotation ...). Laboratories
that are to recognise each other's patients must hold the same one.
"""

import os

from laras.core.paths import below, root_name, secret

_known: dict[str, tuple[int, bytes, str]] = {}
"""Root of the installation -> generation, key, and the path at which the next key would lie."""


def current_key() -> tuple[int, bytes]:
    """Generation (1, 2 ...) and bytes of the key in force; made at first use.

    Whether a next key lies there is asked each time: a patient registered by an old key a second after a rotation would
    never be recognised.
    """
    root = root_name()
    generation, key, following = _known.get(root, (0, b"", ""))
    if not generation or os.path.exists(following):
        folder = below("keys")
        while (folder / f"matching-{generation + 1}").exists():
            generation += 1
        generation = max(generation, 1)
        key = secret(f"matching-{generation}").encode()
        _known[root] = generation, key, str(folder / f"matching-{generation + 1}")
    return generation, key


def make_next_key(key: str | None = None) -> tuple[int, bytes]:
    """Put another key in force, a new one or the given; tokens of the old one are made again by `services.rotate_matching_key`."""
    generation, _key = current_key()
    name = f"matching-{generation + 1}"
    if key is None:
        secret(name)
    else:
        descriptor = os.open(below("keys") / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(key)
    return current_key()
