"""The home: what its file may say, and where its names are found."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinylm.errors import InputError
from tinylm.lm import bpe
from tinylm.lm.home import FLAGS, Entity, Home, Names, load_home
from tinylm.lm.tokenizer import Tokenizer

TOKENS = Tokenizer.make(bpe.ALPHABET, bpe.learn([" kitchen", " lamp", " living", " room"] * 5, 20), ["none"], numbers=True)
HOME = Home(
    areas=["Kitchen", "Living Room", "the den", "Emma's room"],
    floors=["first floor", "Attic"],
    entities=[
        Entity(name="kitchen lamp", domain="light"),
        Entity(name="Kitchen", domain="climate"),
        Entity(name="lamp two", domain="light"),
        Entity(name="lamp", domain="light", area="Kitchen"),
        Entity(name="lamp", domain="input_boolean"),
        Entity(name="Böiler", domain="water_heater"),
    ],
)
NAMES = Names(HOME, TOKENS.normalise)


def found(text: str) -> list[tuple[str, str]]:
    return [(match.kind, match.name) for match in NAMES.matches(TOKENS.normalise(text))]


def flagged(text: str) -> list[tuple[str, set[str]]]:
    pieces = [TOKENS.tokens[id] for id in TOKENS.encode(text)]
    return [(piece, {FLAGS[at] for at in row.nonzero()[0]}) for piece, row in zip(pieces, NAMES.flags(pieces), strict=True)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "turn on the kitchen lamp",
            [
                ("area", "Kitchen"),
                ("entity", "kitchen lamp"),
            ],
        ),
        ("the kitchen", [("area", "Kitchen"), ("entity", "Kitchen")]),
        ("my den", [("area", "the den")]),
        ("in the den.", [("area", "the den")]),
        ("living room's lights", [("area", "Living Room")]),
        ("EMMA'S ROOM", [("area", "Emma's room")]),
        ("living", []),
        ("kitchens", []),
        ("lamp two", [("entity", "lamp two")]),
        ("lamp 2", [("entity", "lamp two")]),
        ("lamp twenty", [("entity", "lamp")]),
        ("lamps", []),
        ("the biler", [("entity", "Böiler")]),
        ("lamp kitchen lamp lamp", [("entity", "lamp"), ("area", "Kitchen"), ("entity", "kitchen lamp"), ("entity", "lamp")]),
    ],
)
def test_the_longest_name_of_each_kind_is_found_at_word_boundaries(text, names):
    assert found(text) == names


def test_pieces_of_a_name_are_flagged():
    assert flagged("turn on kitchen lamp")[-2:] == [
        (" kitchen", {"area_begin", "entity_begin", "light"}),
        (" lamp", {"entity_inside", "light"}),
    ]
    assert [flags for _, flags in flagged("on")] == [set()] * len(flagged("on"))
    assert flagged("lamp")[0] == (" lamp", {"entity_begin", "light", "switch"}), "of several entities called so all domains"
    assert {"entity_begin", "other"} in [flags for _, flags in flagged("boiler biler")]


def test_a_name_in_several_pieces_begins_once():
    flags = [flags for piece, flags in flagged("emma's room") if piece != " "]
    assert flags[0] == {"area_begin"} and len(flags) > 4 and flags[1:] == [{"area_inside"}] * (len(flags) - 1)


@given(
    st.lists(
        st.sampled_from(["kitchen", "lamp", "two", "living", "room", "the", "den", "first", "floor", "x", "emma's", "-", "."]), max_size=10
    ).map(" ".join)
)
def test_matches_are_names_and_do_not_overlap_their_kind(text):
    normal = TOKENS.normalise(text)
    ends = {}
    for match in NAMES.matches(normal):
        assert NAMES.plain(match.name) == normal[match.start : match.end]
        assert match.start >= ends.get(match.kind, 0)
        ends[match.kind] = match.end


GOOD = """
areas = ["Kitchen", "Hall"]
floors = ["Attic"]
[[entities]]
name = "Lamp"
domain = "light"
area = "Hall"
"""


def test_a_home_file_is_read(tmp_path: Path):
    (tmp_path / "home.toml").write_text(GOOD)
    home = load_home(tmp_path / "home.toml")
    assert home.areas == ["Kitchen", "Hall"] and home.entities[0].area == "Hall"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("areas = [", "is not valid TOML"),
        ("areas = 'kitchen'", "areas"),
        ("areas = [1]", "areas"),
        ("rooms = []", "unknown key 'rooms'"),
        ("areas = ['']", "kind 'area' is empty"),
        ("areas = ['hall', 'Hall']", "the area 'hall' is listed twice"),
        ("floors = ['a', 'A']", "the floor 'a' is listed twice"),
        (f"areas = ['{'x' * 61}']", "longer than 60 bytes"),
        ('areas = ["a\\u0007b"]', "control characters"),
        ("[[entities]]\nname = 'lamp'", "domain"),
        ("[[entities]]\nname = 'lamp'\ndomain = ''", "no domain"),
        ("[[entities]]\nname = 'lamp'\ndomain = 'light'\n[[entities]]\nname = 'Lamp'\ndomain = 'light'", "listed twice"),
        (
            "areas = ['hall']\n[[entities]]\nname = 'lamp'\ndomain = 'light'\narea = 'hal'",
            "which is no area of this home. Did you mean 'hall'",
        ),
    ],
)
def test_a_bad_home_file_is_refused_with_the_reason(tmp_path: Path, text: str, message: str):
    path = tmp_path / "home.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as error:
        load_home(path)
    assert str(path) in str(error.value)


def test_a_missing_home_file_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="cannot be read"):
        load_home(tmp_path / "home.toml")


def test_a_name_of_which_nothing_can_be_read_is_refused():
    with pytest.raises(InputError, match="of the name '厨房' nothing is left"):
        Names(Home(areas=["厨房"]), TOKENS.normalise)
