"""Number words: what becomes digits and what stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm.lm.numbers import WORDS, to_digits


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("zero", "0"),
        ("nineteen", "19"),
        ("twenty five", "25"),
        ("twenty-five", "25"),
        ("ninety nine", "99"),
        ("a hundred", "100"),
        ("hundred percent", "100 percent"),
        ("a hundred and five", "105"),
        ("one hundred forty-two", "142"),
        ("two thousand seven hundred", "2700"),
        ("twenty seven hundred", "2700"),
        ("a thousand and one", "1001"),
        ("ten thousand", "10000"),
        ("twenty one point five", "21.5"),
        ("three point one four degrees", "3.14 degrees"),
        ("five-minute timer", "5-minute timer"),
        ("set it to five.", "set it to 5."),
        ("one two three", "1 2 3"),
        ("twenty twenty", "20 20"),
        ("twenty eleven", "20 11"),
        ("one hour and a half", "1 hour and a half"),
        ("two and three", "2 and 3"),
        ("a hundred and kitchen", "100 and kitchen"),
        ("two hundred a", "200 a"),
        ("two thousand a hundred", "2000 100"),
        ("zero hundred", "0 100"),
        ("two point of it", "2 point of it"),
    ],
)
def test_numbers_are_written_in_digits(said, written):
    assert to_digits(f" {said}") == f" {written}"
    assert to_digits(f" to {said} now") == f" to {written} now"


@pytest.mark.parametrize(
    "text", ["", " half", " a lamp and a fan", " someone", " tenfold", " ones", " emma's", " thousands", " point", " eight's"]
)
def test_other_words_stay(text):
    assert to_digits(text) == text


@given(
    st.lists(st.sampled_from([*WORDS, "lamp", "5", "half", "-", "%"]), max_size=12).map(lambda words: "".join(f" {word}" for word in words))
)
def test_digits_are_never_longer_and_need_no_second_pass(text):
    written = to_digits(text)
    assert len(written) <= len(text)
    assert to_digits(written) == written


@given(st.integers(1, 999_999))
def test_every_number_reads_back(number):
    assert to_digits(f" {_said(number)}") == f" {number}"


def _said(number: int) -> str:
    if number >= 1000:
        return _said(number // 1000) + " thousand" + (f" {_said(number % 1000)}" if number % 1000 else "")
    if number >= 100:
        return _said(number // 100) + " hundred" + (f" and {_said(number % 100)}" if number % 100 else "")
    if number >= 20:
        return WORDS[18 + number // 10] + (f" {WORDS[number % 10]}" if number % 10 else "")
    return WORDS[number]
