"""Names of people in Indonesia (and of organisations): one key to search by, one key of how they sound."""

import re
import unicodedata
from functools import lru_cache

# Written before a name, with or without a dot. They stay in the name as typed and are left out of the keys.
_TITLE_WORDS = (
    "tn ny nn sdr sdri an by bpk bapak ibu bp dr drg drs dra drh ir prof h hj haji hajjah hajah kh ust ustad "
    "ustadz ustadzah pdt rm alm almh"
)
_TITLES = frozenset(_TITLE_WORDS.split())
_APOSTROPHES = re.compile(r"['’‘`´ʼ]")
_NOT_WORD = re.compile(r"[^\w]+|_+")
_DEGREE = re.compile(r"\w+(?:\.\w+)+\.?|\w{1,3}\.?|\w+\.")

_MUHAMMAD_WORDS = (
    "muhammad muhamad mohammad mohamad mohammed mohamed muhammed muchammad muchamad mochammad mochamad moch "
    "moh mohd muh mhd muhd"
)
_MUHAMMAD = frozenset(_MUHAMMAD_WORDS.split())
_WHOLE_WORDS = {
    "st": "siti",
    "sity": "siti",
    "abd": "abdul",
    "abdur": "abdul",
    "abdoel": "abdul",
    "nr": "nur",
    "noer": "nur",
}
_FILLERS = frozenset(("bin", "binti", "bt", "bte"))


@lru_cache(maxsize=256)
def search_key(name: str) -> str:
    """The name as it is looked for: lower case, no accents, punctuation, titles or degrees, one blank between words.

    Never empty for a name that has a letter or digit: a name made of titles only keeps them.
    """
    first, _comma, rest = name.partition(",")
    if rest and all(_DEGREE.fullmatch(piece) for piece in re.split(r"[,\s]+", rest.strip()) if piece):
        name = first
    words = _words(name)
    while len(words) > 1 and words[0] in _TITLES:
        words = words[1:]
    return " ".join(words)


def tail_key(key: str) -> str:
    """A search key turned to begin with its last word, for those who look by it: `budi santoso` -> `santoso budi`."""
    head, _blank, last = key.rpartition(" ")
    return f"{last} {head}" if head else last


def prefix_range(key: str) -> tuple[str, str]:
    """The half-open range of keys that begin with `key`: what an ordinary index answers on every database."""
    return key, key + "\U0010ffff"


@lru_cache(maxsize=256)
def sound_key(name: str) -> str:
    """Equal for spellings of one name: old and new orthography, short forms, doubled letters, joined words.

    `Moh. Jusuf`, `Muhammad Yusuf` and `M. Yoesoef` have one key; so have `Siti Nurhayati` and `St. Nur Hajati`.
    It joins too much rather than too little: it proposes, a person decides.
    """
    words = [word for word in search_key(name).split() if word not in _FILLERS]
    return "".join(_sound(word, first=i == 0, alone=len(words) == 1) for i, word in enumerate(words))


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _NOT_WORD.sub(" ", _APOSTROPHES.sub("", plain)).split()


_SPELLINGS = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        (r"^abdur(?=r)", "abdul"),
        (r"^abdu(?=[sn]{2})", "abdul"),
        ("oe", "u"),
        ("dj", "j"),
        ("tj", "c"),
        ("nj", "ny"),
        ("s[yj]", "s"),
        ("sh", "s"),
        ("^ch", "c"),
        ("[kc]h", "h"),
        ("[vf]|ph", "p"),
        ("dz|z", "s"),
        ("q", "k"),
        ("x", "ks"),
        ("([tdb])h", r"\1"),
        ("ie|ee", "i"),
        # y between consonants or at the end is the vowel i; elsewhere y and the old j are one.
        ("(?<=[^aeiou])y(?![aeiou])", "i"),
        ("(?<=[^aeiou])y$", "i"),
        ("j", "y"),
        ("iy(?=[aeiou])", "i"),
        (r"(.)\1+", r"\1"),
        ("d$", "t"),
        ("(?<=[aeiou])h$", ""),
    )
)


def _sound(word: str, *, first: bool, alone: bool) -> str:
    if word in _MUHAMMAD or (word == "m" and first and not alone):
        word = "muhamad"
    word = _WHOLE_WORDS.get(word, word)
    for pattern, new in _SPELLINGS:
        word = pattern.sub(new, word)
    return word
