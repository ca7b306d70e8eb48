"""A model of commands that is pure chance: any logits and pointers, the same in C and here. What comes out has to be a valid answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from tests.build import Builder
from tests.firmware import standin
from tinylm.bundle import Bundle, load_bundle
from tinylm.lm import bpe
from tinylm.lm.decode import Scores
from tinylm.lm.fixed import octaves
from tinylm.lm.grammar import Grammar, Span
from tinylm.lm.home import FLAGS
from tinylm.lm.tokenizer import Tokenizer

WINDOW = 90
COLORS = ("blue", "red")
GRAMMAR = Grammar(
    intents={
        "TurnOn": [
            {"name": Span("entity", ("light", "input_boolean"))},
            {"name": Span("entity", ("cover",)), "area": Span("area")},
            {"domain": ("light",), "area": Span("area"), "color": COLORS},
            {"domain": ("light",), "floor": Span("floor")},
        ],
        "SetVolume": [{"volume_step": ("up", "down")}, {"volume_step": Span("number", low=0, high=100, negative=True)}],
        "SetTimer": [
            {"minutes": Span("number", low=1, high=100)},
            {"minutes": Span("number", low=1, high=100), "seconds": Span("number", low=1, high=100)},
            {"temperature": Span("number", high=50, decimals=True), "name": Span("text")},
        ],
        "Say": [{"message": Span("text")}, {"message": Span("text"), "item": Span("text")}],
        "Nevermind": [{}],
    }
)
STRUCTURAL = [
    "none", "TurnOn", "SetVolume", "SetTimer", "Say", "Nevermind", " domain=light", " color=red", " color=blue", " volume_step=up",
    " volume_step=down", " name:", " area:", " floor:", " message:", " item:", " minutes:", " seconds:", " temperature:", " volume_step:-",
]  # fmt: skip
WORDS = [" kitchen", " lamp", " turn", " the", " living", " room"]
_PLAIN = Tokenizer.make(bpe.ALPHABET, bpe.learn(WORDS * 5, 24), STRUCTURAL, numbers=True)


def _with_end_in_the_head() -> Tokenizer:
    """The end token has to have a logit: it becomes the last structural one."""
    file = json.loads(_PLAIN.dump())
    file["tokens"].append("")
    file["end"] = len(file["tokens"]) - 1
    return Tokenizer.load(json.dumps(file).encode())


TOKENS = _with_end_in_the_head()
FIRST = TOKENS.first_structural
COUNT = len(TOKENS) - FIRST
COLUMNS = [*FLAGS[::-1]]
HOME = """
areas = ["Kitchen", "Living Room", "The Den"]
floors = ["first floor", "Attic"]
[[entities]]
name = "kitchen lamp"
domain = "light"
[[entities]]
name = "Kitchen"
domain = "climate"
[[entities]]
name = "lamp two"
domain = "light"
[[entities]]
name = "lamp"
domain = "cover"
[[entities]]
name = "lamp"
domain = "switch"
[[entities]]
name = "living room lamp"
domain = "cover"
[[entities]]
name = "Döner"
domain = "todo"
"""
LOGIT, START, END = 0.05, 0.125, 0.1

_C = """
#include "model.h"
{canary}
static uint32_t state;
const tl_io tl_inputs[] = {{{{"flags", tl_arena, {flags}, TL_INT8, 0.5f, -1}},
                           {{"position", tl_arena + 24, 4, TL_INT32, 0, 0}},
                           {{"token", tl_arena + 28, 4, TL_INT32, 0, 0}}}};
const tl_io tl_outputs[] = {{{{"start", tl_arena + 32, {window}, TL_INT8, {start}f, 3}},
                            {{"logits", tl_arena + 32 + {window}, {count}, TL_INT8, {logit}f, 0}},
                            {{"end", tl_arena + 32 + {window} + {count}, {window}, TL_INT8, {end}f, -5}}}};

void tl_model_reset(void)
{{
    state = 0;
    set_canary();
}}

static uint32_t next(uint32_t seed)
{{
    seed ^= seed >> 15;
    seed *= 0x2C1B3C6Du;
    seed ^= seed >> 12;
    seed *= 0x297A2D39u;
    return seed ^ seed >> 15;
}}

void tl_model_invoke(void)
{{
    uint32_t position, token;
    memcpy(&position, tl_arena + 24, 4);
    memcpy(&token, tl_arena + 28, 4);
    state = next(state + token + 1000u * position);
    for (uint32_t i = 0; i < {flags}; i++) state = state * 3u + tl_arena[i];
    for (uint32_t i = 0; i < 2 * {window} + {count}; i++) tl_arena[32 + i] = (uint8_t)(next(state + i) >> 24);
    memset(tl_arena, 0xEE, 32);
}}
"""


def program() -> standin.StandinProgram:
    arena = 32 + 2 * WINDOW + COUNT
    header = standin.HEADER.format(arena=arena, state=4, inputs=32).replace("TL_INPUT_COUNT 1", "TL_INPUT_COUNT 3")
    header = header.replace("TL_OUTPUT_COUNT 1", "TL_OUTPUT_COUNT 3")
    text = _C.format(canary=standin.CANARY, flags=len(COLUMNS), window=WINDOW, count=COUNT, logit=LOGIT, start=START, end=END)
    return standin.StandinProgram("chance", {"model.c": text, "model.h": header}, arena, 4, 0)


def _graph() -> bytes:
    """A file that tells of the outputs what the program says of them; nobody runs it."""
    builder = Builder()
    for name, width, scale, zero_point in (("start", WINDOW, START, 3), ("logits", COUNT, LOGIT, 0), ("end", WINDOW, END, -5)):
        inside = builder.input((1, width), scale=scale, zero_point=zero_point, name=f"{name}/in")
        builder.operator("RELU", [inside], [builder.output((1, width), scale=scale, zero_point=zero_point, name=name)])
    return builder.finish()


def bundle(folder: Path, threshold: float = 0.0, home: str = HOME) -> Bundle:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(TOKENS.dump())
    (folder / "grammar.json").write_text(GRAMMAR.dump())
    (folder / "home.toml").write_text(home)
    (folder / "step.tflite").write_bytes(_graph())
    (folder / "model.toml").write_text(
        'name = "chance"\ntitle = "Pure chance"\nkind = "language-model"\nmlperf = "lm01"\ntokenizer.file = "tokenizer.json"\n'
        f'[commands]\ngrammar = "grammar.json"\nhome = "home.toml"\nthreshold = {threshold}\nflags = {json.dumps(COLUMNS)}\n'
        '[graphs.step]\nfile = "step.tflite"\ninputs = ["flags", "position", "token"]\noutputs = ["start", "logits", "end"]\n'
        f"first_logit = {FIRST}\nwindow = {WINDOW}\n"
    )
    return load_bundle(folder)


def _next(seed: int) -> int:
    seed ^= seed >> 15
    seed = seed * 0x2C1B3C6D & 0xFFFFFFFF
    seed ^= seed >> 12
    seed = seed * 0x297A2D39 & 0xFFFFFFFF
    return seed ^ seed >> 15


def _signed(value: int) -> int:
    return value - 256 if value > 127 else value


@dataclass
class Chance:
    """The same model in Python: a decode.Model."""

    steps: tuple[int, int, int] = (octaves(LOGIT), octaves(START), octaves(END))
    state: int = 0
    position: int = 0
    fed: list[tuple[int, int]] = field(default_factory=list)

    def reset(self) -> None:
        self.state = self.position = 0
        self.fed.clear()

    def step(self, token: int, flags: int) -> Scores:
        self.fed.append((token, flags))
        self.state = _next((self.state + token + 1000 * self.position) & 0xFFFFFFFF)
        for column in COLUMNS:  # 1.0 is one step of two above the zero point of -1
            on = flags >> FLAGS.index(column) & 1
            self.state = (self.state * 3 + (1 if on else 255)) & 0xFFFFFFFF
        self.position += 1
        out = [_signed(_next((self.state + at) & 0xFFFFFFFF) >> 24) for at in range(2 * WINDOW + COUNT)]
        return Scores(out[WINDOW : WINDOW + COUNT], out[:WINDOW], out[WINDOW + COUNT :])
