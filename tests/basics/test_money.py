import pytest
from hypothesis import given
from hypothesis import strategies as st

from laras.basics.money import format_count, format_rupiah, read_rupiah, share_out, spell_rupiah

amounts = st.integers(min_value=-(10**15), max_value=10**15)


@given(amounts)
def test_what_is_shown_reads_back(amount):
    assert read_rupiah(format_rupiah(amount)) == amount


@pytest.mark.parametrize(
    ("amount", "shown"),
    [(0, "Rp0"), (999, "Rp999"), (1000, "Rp1.000"), (1234567, "Rp1.234.567"), (-5000, "-Rp5.000")],
)
def test_format(amount, shown):
    assert format_rupiah(amount) == shown


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("Rp 5.000,00", 5000),
        ("rp5.000,-", 5000),
        (" 12500 ", 12500),
        ("1.234.567", 1234567),
        ("-Rp500", -500),
    ],
)
def test_reads_what_people_type(text, amount):
    assert read_rupiah(text) == amount


@pytest.mark.parametrize("text", ["", "Rp", "12,50", "1.23", "1,000", "5rb", "1e3", "-", "٣"])
def test_refuses_what_is_not_whole_rupiah(text):
    with pytest.raises(ValueError):
        read_rupiah(text)


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "nol rupiah"),
        (1500, "seribu lima ratus rupiah"),
        (111000, "seratus sebelas ribu rupiah"),
        (64000, "enam puluh empat ribu rupiah"),
    ],
)
def test_spelled_for_receipts(amount, words):
    assert spell_rupiah(amount) == words


@pytest.mark.parametrize("value", [1.0, True, "5", None])
def test_only_whole_numbers_are_money(value):
    with pytest.raises(TypeError):
        format_rupiah(value)
    with pytest.raises(TypeError):
        format_count(value)


@given(amounts, st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(any))
def test_shares_add_up_and_stay_within_one_rupiah(amount, weights):
    parts = share_out(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - amount * weight) < sum(weights)


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1, 3]])
def test_shares_refuse_weights_without_sense(weights):
    with pytest.raises(ValueError):
        share_out(100, weights)
