"""Two models so small that the tests can compute them by hand: they stand in for what the compiler makes."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from tinylm.bundle import Bundle, load_bundle
from tinylm.lm.tokenizer import Tokenizer

HEADER = """
#ifndef MODEL_H
#define MODEL_H
#include "tl_types.h"
#define TL_MODEL_NAME "standin"
#define TL_ARENA_BYTES {arena}
#define TL_STATE_BYTES {state}
#define TL_INPUT_BYTES {inputs}
#define TL_INPUT_COUNT 1
#define TL_OUTPUT_COUNT 1
extern const tl_io tl_inputs[], tl_outputs[];
extern uint8_t tl_arena[], tl_state[];
void tl_model_reset(void);
void tl_model_invoke(void);
int tl_arena_intact(void);
#endif
"""

CANARY = """
uint8_t tl_arena[TL_ARENA_BYTES + 4 * TL_CANARY_WORDS] __attribute__((aligned(16)));

static void set_canary(void)
{
    memset(tl_arena + TL_ARENA_BYTES, 0xC5, 4 * TL_CANARY_WORDS);
}

int tl_arena_intact(void)
{
    for (int i = 0; i < 4 * TL_CANARY_WORDS; i++)
        if (tl_arena[TL_ARENA_BYTES + i] != 0xC5) return 0;
    return 1;
}
"""

# out[i] = in[i] + table[i] (int8, wrapping); destroys its input, as an arena may.
ADD_ONE = (
    """
#include "model.h"
"""
    + CANARY
    + """
static const int8_t table[8] = {1, 1, 1, 1, 1, 1, 1, 1};
const tl_io tl_inputs[] = {{"in", tl_arena, 8, TL_INT8, 0.5f, 0}};
const tl_io tl_outputs[] = {{"out", tl_arena + 8, 8, TL_INT8, 0.25f, -2}};

void tl_model_reset(void)
{
    set_canary();
}

void tl_model_invoke(void)
{
    for (int i = 0; i < 8; i++) {
        tl_arena[8 + i] = (uint8_t)(tl_arena[i] + table[i]);
        tl_arena[i] = 0x77;
    }
}
"""
)

# state' = (31 state + 7 token + 1) mod 2^16; logit[i] = (state' ^ 37 i) mod 128, twenty of them.
LANGUAGE = (
    """
#include "model.h"
"""
    + CANARY
    + """
uint8_t tl_state[4];
const tl_io tl_inputs[] = {{"token", tl_arena, 4, TL_INT32, 0, 0}};
const tl_io tl_outputs[] = {{"logits", tl_arena + 4, 20, TL_INT8, 0.1f, 0}};

void tl_model_reset(void)
{
    memset(tl_state, 0, sizeof tl_state);
    set_canary();
}

void tl_model_invoke(void)
{
    uint32_t state;
    int32_t token;
    memcpy(&token, tl_arena, 4);
    memcpy(&state, tl_state, 4);
    state = (state * 31u + (uint32_t)token * 7u + 1u) & 0xFFFFu;
    for (uint32_t i = 0; i < 20; i++) tl_arena[4 + i] = (uint8_t)((state ^ (37u * i)) & 127u);
    memcpy(tl_state, &state, 4);
    memset(tl_arena, 0xEE, 4);
}
"""
)

TOKENIZER = {
    "format": 1,
    "tokens": [" ", "a", "b", "c", "d", "1", " a", "ab", " ab", "bc", "abc", "dd", "ddd", '"\\?', "", "", "", "", "", ""],
    "alphabet": " abcd1",
    "merges": [[2, 3, 9], [1, 2, 7], [0, 1, 6], [0, 7, 8], [1, 9, 10], [4, 4, 11], [11, 4, 12]],
    "bos": None,
    "answer": 14,
    "end": 15,
    "first_structural": 13,
}


@dataclass(frozen=True)
class StandinProgram:
    """Has what the firmware asks of a compiled program."""

    name: str
    files: dict[str, str]
    arena_bytes: int
    state_bytes: int
    constant_bytes: int
    kernels: list[Path] = field(default_factory=list)
    includes: list[Path] = field(default_factory=list)
    minor: frozenset[Path] = frozenset()


def add_one(**changes: int) -> StandinProgram:
    header = HEADER.format(arena=16, state=0, inputs=8)
    sizes = {"arena_bytes": 16, "state_bytes": 0, "constant_bytes": 8, **changes}
    return StandinProgram("add-one", {"model.c": ADD_ONE, "model.h": header}, **sizes)


def language() -> StandinProgram:
    header = HEADER.format(arena=24, state=4, inputs=4)
    return StandinProgram("tiny-talk", {"model.c": LANGUAGE, "model.h": header}, 24, 4, 0)


def add_one_bundle(folder: Path) -> Bundle:
    return _bundle(folder, 'name = "add-one"\ntitle = "Adds one"\nmlperf = "kws01"\n')


def language_bundle(folder: Path, tokenizer: dict[str, object] = TOKENIZER) -> Bundle:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    head = 'name = "tiny-talk"\ntitle = "Talks"\nkind = "language-model"\nmlperf = "lm01"\ntokenizer.file = "tokenizer.json"\n'
    return _bundle(folder, head)


def _bundle(folder: Path, manifest: str) -> Bundle:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "step.tflite").write_bytes(b"")
    (folder / "model.toml").write_text(manifest + '[graphs.step]\nfile = "step.tflite"\n')
    return load_bundle(folder)


class LanguageReference:
    """The language model above in Python."""

    def __init__(self) -> None:
        self.state = 0

    def step(self, token: int) -> bytes:
        self.state = (self.state * 31 + token * 7 + 1) & 0xFFFF
        return bytes((self.state ^ (37 * i)) & 127 for i in range(20))

    def crc(self, token: int) -> str:
        return f"{zlib.crc32(self.step(token)):08X}"


def encode(text: bytes) -> list[int]:
    """What the tokenizer above makes of a text."""
    return Tokenizer.load(json.dumps(TOKENIZER).encode()).encode(text.decode("latin-1"))
