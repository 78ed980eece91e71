import pytest
from hypothesis import given
from hypothesis import strategies as st

from laras.basics.names import prefix_range, search_key, sound_key, tail_key

names = st.text(max_size=60)


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("H. Budi Santoso, S.Kep., M.M.", "budi santoso"),
        ("Ny. SITI  Nurhayati", "siti nurhayati"),
        ("Jum'at Ma’ruf", "jumat maruf"),
        ("An. Budi", "budi"),
        ("Dr", "dr"),
        ("Prof. Dr. Ir.", "ir"),
        ("Söhne-Müller", "sohne muller"),
        ("SANTOSO, BUDI", "santoso budi"),
        ("", ""),
        ("...", ""),
    ],
)
def test_search_key(typed, key):
    assert search_key(typed) == key


@pytest.mark.parametrize(
    "spellings",
    [
        ["Moh. Jusuf", "Muhammad Yusuf", "M. Yoesoef", "Mochammad Yusup", "Mohd Yusuf"],
        ["Siti Nurhayati", "St. Nur Hajati", "Siti Noerhajati", "siti nurhajati"],
        ["Abdul Rahman", "Abdurrahman", "Abd. Rahman", "Abdur Rahman"],
        ["Rizky Fitria", "Riski Pitria", "Rizqi Vitriya"],
        ["Aisyah", "Aisjah", "Aisah", "Aisya"],
        ["Djoko Soesanto", "Joko Susanto"],
        ["Achmad Sjarif", "Ahmad Syarif", "Akhmad Sarif"],
        ["Tjahjo Koemolo", "Cahyo Kumolo"],
        ["Budi bin Yusuf", "Budi Yusuf"],
        ["Chandra", "Candra"],
    ],
)
def test_spellings_of_one_name_sound_alike(spellings):
    assert len({sound_key(name) for name in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("Budi", "Bodi"), ("Siti Aminah", "Siti Maimunah"), ("M", "Muhammad Yusuf"), ("Yusuf", "Muhammad Yusuf")],
)
def test_other_names_sound_differently(one, other):
    assert sound_key(one) != sound_key(other)


@given(names)
def test_a_key_is_its_own_key_up_to_titles(name):
    key = search_key(name)
    assert key == " ".join(key.split())
    assert sound_key(name) == sound_key(name.upper()) or name.upper().lower() != name.lower()
    assert sorted(tail_key(key).split()) == sorted(key.split())


@given(names, names)
def test_the_range_of_a_prefix_holds_all_that_begin_with_it_and_nothing_else(prefix, rest):
    low, high = prefix_range(prefix)
    assert low <= prefix + rest < high or "\U0010ffff" in rest[:1]
    other = rest
    assert (low <= other < high) == other.startswith(prefix) or "\U0010ffff" in other
