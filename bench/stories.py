"""An imported model beside what it was made from, and what a token costs: python -m bench.stories CHECKPOINT TOKENIZER [--weights int4].

Prints the first 200 greedy tokens of float32 and of the step graph in TFLM side by side, then instructions, estimated cycles and tokens/s
of one token at positions 10 and 100 on the boards that are emulated, with flash and RAM of the whole image, what a text costs with
console and sampling, and where the instructions of a token go. With --bundle NAME instead of a checkpoint the same of a bundle that is
there: its figures, what it writes, what it costs.
"""

from __future__ import annotations

import argparse
import tempfile
import textwrap
from collections import Counter
from pathlib import Path

from tinylm import boards
from tinylm.bench.profile import profile
from tinylm.bench.reference import token_reference
from tinylm.bundle import Bundle, load_bundle
from tinylm.compiler.program import compile_bundle
from tinylm.firmware.build import build
from tinylm.lm.byte_tokenizer import ByteTokenizer
from tinylm.lm.llama2c import read_checkpoint, read_tokenizer
from tinylm.lm.llama_import import Plan, import_llama2c
from tinylm.lm.oracle import Oracle
from tinylm.lm.sample import Sampling
from tinylm.targets.open import open_emulator

POSITIONS = (10, 100)
BOARDS = ("nrf52840", "pico", "nucleo-l4r5", "esp32-c3")
#: Operators by what they belong to.
PARTS = {"FULLY_CONNECTED": "products", "RMS_NORM": "norms", **dict.fromkeys(("ATTENTION", "TURN", "DYNAMIC_UPDATE_SLICE"), "attention")}
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


def greedy(bundle: Bundle) -> str:
    """What a bundle writes from nothing, in TFLM."""
    tokenizer = ByteTokenizer.load(bundle.read("tokenizer.json"))
    return tokenizer.decode(Oracle(bundle.read(bundle.graph.file), bundle.graph).generate([tokenizer.bos], tokenizer.end, TOKENS))


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


def texts(bundle: Bundle, name: str, folder: Path) -> list[str]:
    """Estimated cycles of a written token, of the model and of all else: the likeliest token each time, and drawn."""
    board = boards.board(name)
    image = build(bundle, compile_bundle(bundle, board.core), board, folder)
    lines = []
    with open_emulator(board, image.elf, image.build_id, None) as device:
        device.session.boot()
        for title, sampling in (("greedy", Sampling()), ("drawn (0.8, top-p 0.9)", Sampling.of(0.8, None, 0.9, 0.0, 1.0, 1))):
            device.session.sampler(sampling.numbers)
            device.session.feed("Once upon a time")
            before = device.profile()
            made = device.session.generate(TOKENS)
            after = device.profile()
            assert before and after
            steps = made.prompt_tokens - made.ahead + len(made.tokens)
            whole = (made.prompt_us + made.generate_us) * board.file.clock_hz / 1e6
            model = after.cycles - before.cycles
            share = (whole - model) / whole
            rate = steps * board.file.clock_hz / whole
            lines.append(f"  {title}: {rate:.1f} tokens/s over {steps}, console and sampling {share:.1%} of it")
    return lines


def parts(bundle: Bundle, name: str, folder: Path) -> str:
    """Shares of a token's instructions, early in a text."""
    counts: Counter[str] = Counter()
    for layer in profile(bundle, name, "balanced", folder)[:-1]:
        counts[PARTS.get(layer.title.split()[1] if layer.title.split()[0].isdigit() else "", "the rest")] += layer.total
    return ", ".join(f"{part} {count / counts.total():.1%}" for part, count in counts.most_common())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path, nargs="?")
    parser.add_argument("tokenizer", type=Path, nargs="?")
    parser.add_argument("--bundle")
    parser.add_argument("--weights", choices=["int8", "int4"], default="int8")
    parser.add_argument("--vocabulary", choices=["whole", "used"], default="whole")
    parser.add_argument("--characters", type=int, default=20_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.bundle:
            bundle = load_bundle(given.bundle)
            print(bundle.manifest.quality, "\n".join(_lines(greedy(bundle))), sep="\n")
        elif given.checkpoint and given.tokenizer:
            plan = Plan("stories", given.weights, characters=given.characters, vocabulary=given.vocabulary)
            made = import_llama2c(given.checkpoint, given.tokenizer, plan, Path(folder) / "bundle", lambda *_: None)
            bundle = load_bundle(Path(folder) / "bundle")
            print(made["quality"], side_by_side(given.checkpoint, given.tokenizer, bundle), sep="\n")
        else:
            parser.error("give a checkpoint and its tokenizer, or --bundle")
        for name in BOARDS:
            print("\n".join([*costs(bundle, name, Path(folder) / name), *texts(bundle, name, Path(folder) / name)]))
        print(f"instructions on the {BOARDS[0]}: {parts(bundle, BOARDS[0], Path(folder) / BOARDS[0])}")


if __name__ == "__main__":
    main()
