"""What an answer may be: the automaton allows the combinations of the grammar and nothing else."""

import json

import pytest

from tinylm.errors import InputError
from tinylm.lm import bpe
from tinylm.lm.grammar import AREA, CLOSED, DONE, ENTITY, NUMBER, TEXT, Automaton, Grammar, Rule, Span, automaton
from tinylm.lm.home import FLAGS
from tinylm.lm.tokenizer import Tokenizer

COLORS = ("red", "blue")
GRAMMAR = Grammar(
    intents={
        "TurnOn": [
            {"name": Span("entity", ("light", "input_boolean"))},
            {"name": Span("entity", ("cover",)), "area": Span("area")},
            {"domain": ("light",), "area": Span("area"), "color": COLORS},
        ],
        "SetVolume": [{"volume_step": ("up", "down")}, {"volume_step": Span("number", low=0, high=100, negative=True)}],
        "SetTimer": [
            {"minutes": Span("number", low=1, high=100)},
            {"minutes": Span("number", high=50, decimals=True), "name": Span("text")},
        ],
        "Nevermind": [{}],
    }
)
STRUCTURAL = [
    "none", "TurnOn", "SetVolume", "SetTimer", "Nevermind", " domain=light", " color=red", " color=blue", " volume_step=up",
    " volume_step=down", " name:", " area:", " minutes:", " volume_step:-",
]  # fmt: skip
TOKENS = Tokenizer.make(bpe.ALPHABET, [], STRUCTURAL)
MADE = automaton(GRAMMAR, TOKENS, FLAGS)


def answers(made: Automaton, state: int | None = None) -> set[str]:
    """All answers, as text."""
    state = made.start if state is None else state
    if state == DONE:
        return {""}
    return {TOKENS.tokens[edge.token] + rest for edge in made.states[state] for rest in answers(made, edge.next)}


def test_exactly_the_combinations_are_answers_with_their_keys_in_order():
    lights = {f"TurnOn domain=light color={color} area:" for color in COLORS}
    turn = {"TurnOn name:", "TurnOn name: area:", *lights}
    volume = {"SetVolume volume_step=up", "SetVolume volume_step=down", "SetVolume volume_step:-"}
    assert answers(MADE) == {"none", "Nevermind", "SetTimer minutes:", "SetTimer name: minutes:", *turn, *volume}


def test_every_edge_leads_to_an_earlier_state_and_each_state_once():
    for at, edges in enumerate(MADE.states):
        assert all(edge.next < at for edge in edges)
        assert [edge.token for edge in edges] == sorted({edge.token for edge in edges})
    assert len(set(MADE.states)) == len(MADE.states)
    assert MADE.depth == 4


def test_a_key_that_several_combinations_share_takes_what_any_of_them_takes():
    (turn,) = [edge.next for edge in MADE.states[MADE.start] if TOKENS.tokens[edge.token] == "TurnOn"]
    rules = {TOKENS.tokens[edge.token]: MADE.rules[edge.rule] for edge in MADE.states[turn]}
    bits = sum(1 << FLAGS.index(flag) for flag in ("light", "switch", "cover"))
    assert rules == {" domain=light": Rule(CLOSED), " name:": Rule(ENTITY, bits)}
    kinds = {rule.kind for rule in MADE.rules}
    assert kinds == {CLOSED, TEXT, NUMBER, AREA, ENTITY}


def test_without_a_home_names_are_any_text():
    kinds = {rule.kind for rule in automaton(GRAMMAR, TOKENS, FLAGS, named=False).rules}
    assert kinds == {CLOSED, TEXT, NUMBER}


def test_dump_and_load_give_the_same_grammar():
    assert Grammar.load(GRAMMAR.dump().encode()) == GRAMMAR


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "format is 2"),
        ({"colour": 1}, "colour"),
        ({"intents": []}, "intents"),
        ({"intents": {"A": [{"k": {"kind": "thing"}}]}}, "thing"),
        ({"intents": {"A": [{"k": 1}]}}, "intents"),
    ],
)
def test_a_damaged_file_is_refused_with_the_reason(change: dict[str, object], message: str):
    with pytest.raises(InputError, match=message):
        Grammar.load(json.dumps(json.loads(GRAMMAR.dump()) | change).encode())


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        Grammar.load(tmp_path / "grammar.json")


def test_a_grammar_of_another_model_is_refused():
    with pytest.raises(InputError, match="'Fly', which the tokenizer lacks"):
        automaton(Grammar(intents={"Fly": [{}]}), TOKENS, FLAGS)


def test_a_grammar_that_is_too_large_is_refused():
    keys = [f" k{at}=v" for at in range(300)]
    tokens = Tokenizer.make(bpe.ALPHABET, [], ["none", *(f"I{at}" for at in range(300)), *keys])
    long = {f"k{at}": ("v",) for at in range(9)}
    with pytest.raises(InputError, match="more than 7 slots"):
        automaton(Grammar(intents={"I0": [long]}), tokens, FLAGS)
    with pytest.raises(InputError, match="too large: 303 states"):
        automaton(Grammar(intents={f"I{at}": [{f"k{at}": ("v",)}] for at in range(300)}), tokens, FLAGS)


@pytest.mark.train
def test_the_grammar_of_home_assistant_is_small():
    pytest.importorskip("home_assistant_intents")
    pytest.importorskip("hassil")
    from tinylm.lm.grammar_source import grammar

    made = grammar()
    assert len(made.intents) == 42
    assert made.intents["HassNevermind"] == [{}]
    assert {"domain": ("light",), "area": Span("area")} in made.intents["HassTurnOn"]
    assert {"name": Span("entity", ("vacuum",))} in made.intents["HassVacuumStart"]
    assert {"volume_step": Span("number", high=100, negative=True)} in made.intents["HassSetVolumeRelative"]
    assert sum(map(len, made.intents.values())) < 400
