"""An imported model beside what it was made from, and what a token costs: python -m bench.stories CHECKPOINT TOKENIZER [--weights int4].

Prints the first 200 greedy tokens of float32 and of the step graph in TFLM side by side, then instructions, estimated cycles and tokens/s
of one token at positions 10 and 100 on the boards that are emulated, with flash and RAM of the whole image.
"""

from __future__ import annotations

import argparse
import tempfile
import textwrap
from pathlib import Path

from tinylm import boards
from tinylm.bench.reference import token_reference
from tinylm.bundle import Bundle, load_bundle
from tinylm.compiler.program import compile_bundle
from tinylm.firmware.build import build
from tinylm.lm.byte_tokenizer import ByteTokenizer
from tinylm.lm.llama2c import read_checkpoint, read_tokenizer
from tinylm.lm.llama_import import Plan, import_llama2c
from tinylm.lm.oracle import Oracle
from tinylm.targets.open import open_emulator

POSITIONS = (10, 100)
BOARDS = ("nrf52840", "pico")
TOKENS, WIDTH = 200, 60


def side_by_side(checkpoint: Path, tokens: Path, bundle: Bundle) -> str:
    """Greedy text of the float model and of the bundle in TFLM, in two columns."""
    model = read_checkpoint(checkpoint)
    whole = ByteTokenizer.make(read_tokenizer(tokens, model.shape.vocabulary))
    tokenizer = ByteTokenizer.load(bundle.read("tokenizer.json"))
    before = model.generate([whole.bos], TOKENS)
    after = Oracle(bundle.read(bundle.graph.file), bundle.graph).generate([tokenizer.bos], tokenizer.end, TOKENS)
    pairs = zip(before, after, strict=False)
    same = next((at for at, (a, b) in enumerate(pairs) if whole.pieces[a] != tokenizer.pieces[b]), min(len(before), len(after)))
    columns = [_lines(whole.decode(before)), _lines(tokenizer.decode(after))]
    columns = [column + [""] * (max(map(len, columns)) - len(column)) for column in columns]
    rows = [f"{a:{WIDTH}}  {b}" for a, b in zip(*columns, strict=True)]
    return "\n".join([f"{'float32':{WIDTH}}  in TFLM, the same for {same} tokens", *rows])


def _lines(text: str) -> list[str]:
    return [line for paragraph in text.splitlines() for line in textwrap.wrap(paragraph, WIDTH)]


def costs(bundle: Bundle, name: str, folder: Path) -> list[str]:
    """A line for each position: counted on the built image in the emulator, checked against the stored vectors."""
    board = boards.board(name)
    program = compile_bundle(bundle, board.core)
    image = build(bundle, program, board, folder)
    of_ram = f"arena {program.arena_bytes:,}, states {program.state_bytes:,}"
    lines = [f"{name}: flash {image.sizes.flash_used:,} B, RAM {image.sizes.ram_used:,} B ({of_ram})"]
    tokens = [pair for sequence in token_reference(bundle).sequences for pair in sequence]
    with open_emulator(board, image.elf, image.build_id, None) as device:
        device.session.boot()
        device.session.reset()
        for at in range(max(POSITIONS) + 1):
            before = device.profile()
            device.session.score([tokens[at][0]])
            after = device.profile()
            if at in POSITIONS and before and after:
                cycles = after.cycles - before.cycles
                count, rate = after.instructions - before.instructions, board.file.clock_hz / cycles
                lines.append(f"  position {at}: {count:,} instructions, {cycles:,} cycles, {rate:.1f} tokens/s")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("--weights", choices=["int8", "int4"], default="int8")
    parser.add_argument("--vocabulary", choices=["whole", "used"], default="whole")
    parser.add_argument("--characters", type=int, default=20_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan("stories", given.weights, characters=given.characters, vocabulary=given.vocabulary)
        made = import_llama2c(given.checkpoint, given.tokenizer, plan, Path(folder) / "bundle", lambda *_: None)
        bundle = load_bundle(Path(folder) / "bundle")
        print(made["quality"], side_by_side(given.checkpoint, given.tokenizer, bundle), sep="\n")
        for name in BOARDS:
            print("\n".join(costs(bundle, name, Path(folder) / name)))


if __name__ == "__main__":
    main()
