"""The float32 reference, and the int8 step graph made of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.compiler.batch import build_native
from tests.lm import tiny_llama
from tests.oracle import needs_oracle
from tinylm import boards
from tinylm.bundle import Bundle, load_bundle
from tinylm.cli.app import main
from tinylm.compiler.program import compile_bundle
from tinylm.cores import core
from tinylm.firmware.build import build
from tinylm.lm.byte_tokenizer import ByteTokenizer
from tinylm.lm.llama import Cache, Llama
from tinylm.lm.llama2c import read_checkpoint, read_tokenizer
from tinylm.lm.llama_export import MATRICES, export, frequency_major, step_graph
from tinylm.lm.llama_import import Plan, bits_per_byte, import_model, own_texts, rolling
from tinylm.lm.llama_prepare import prepare
from tinylm.lm.llama_quantise import quantise
from tinylm.lm.llama_slim import slim
from tinylm.lm.llama_write import write

pytest.importorskip("ai_edge_litert")
MODEL = tiny_llama.model()


def texts(model: Llama, count: int, length: int) -> list[list[int]]:
    rng = np.random.default_rng(3)
    return [[1, *model.generate([1], length - 1, rng)] for _ in range(count)]


def test_a_cache_gives_what_reading_at_once_gives() -> None:
    tokens = texts(MODEL, 1, 20)[0]
    cache = Cache(MODEL)
    step_by_step = np.concatenate([cache.feed([token]) for token in tokens])
    np.testing.assert_allclose(step_by_step, MODEL.logits(tokens), atol=1e-4)


def test_texts_written_at_once_are_those_written_one_by_one() -> None:
    class Greedy:
        """Draws nothing: the most likely token each time."""

        @staticmethod
        def gumbel(size: tuple[int, ...]) -> np.ndarray:
            return np.zeros(size)

    made = write(MODEL, 3, 20, 1, Greedy())  # type: ignore[arg-type]
    assert (made == [1, *MODEL.generate([1], 19)]).all()


def test_preparing_changes_nothing() -> None:
    seen = texts(MODEL, 3, 20)
    np.testing.assert_allclose(prepare(MODEL, seen).logits(seen[0]), MODEL.logits(seen[0]), atol=1e-3)


def test_a_window_forgets_what_lies_behind_it() -> None:
    """One layer of attention: the logits are those of the last tokens alone, wherever they stand."""
    one = replace(MODEL, shape=replace(MODEL.shape, layers=1), weights={k: v[:1] if v.ndim == 3 else v for k, v in MODEL.weights.items()})
    tokens = texts(one, 1, 50)[0]
    np.testing.assert_allclose(rolling(one, 8)(tokens)[-1], one.logits(tokens[-8:])[-1], atol=1e-3)


def test_rows_of_one_frequency_lie_together() -> None:
    assert frequency_major(2, 4).tolist() == [0, 1, 4, 5, 2, 3, 6, 7]


@pytest.mark.parametrize("tied", [True, False])
def test_without_unused_byte_tokens_the_others_score_the_same(tied: bool, tmp_path: Path) -> None:
    model = tiny_llama.model(tied=tied)
    whole = ByteTokenizer.make(read_tokenizer(tiny_llama.write(tmp_path, model)[1], model.shape.vocabulary))
    said = ["caba ab", "a\ncab", "é"]
    less = slim(model, whole, [whole.prompt(text) for text in said])
    assert len(less.tokenizer) == len(less.model.weights["embedding"]) == len(whole) - 255
    for text in said:
        (ids,) = less.texts([whole.prompt(text)])
        assert less.tokenizer.prompt(text) == ids and less.tokenizer.decode(ids) == text
        np.testing.assert_array_equal(less.model.logits(ids), model.logits(whole.prompt(text))[:, less.kept])
    again = ByteTokenizer.load(less.tokenizer.dump().encode())
    assert again.pieces == less.tokenizer.pieces
    assert again.decode(again.encode("a☃")) == "a<unk><unk><unk>"


@needs_oracle
@pytest.mark.parametrize(("tied", "window", "bits", "fold"), [(True, 16, 8, True), (False, 12, 8, False), (True, 16, 4, False)])
def test_the_step_graph_in_tflm_and_in_c(tied: bool, window: int, bits: int, fold: bool, tmp_path: Path) -> None:
    """Ten times the window: near float32 with the same window (int8 weights), and C equal to TFLM in every byte."""
    from tinylm.lm.oracle import Oracle

    model = tiny_llama.model(tied=tied)
    calibration = texts(model, 4, 4 * window)
    made = quantise(prepare(model, calibration, fold), calibration, window, bits)
    data, graph = export(made), step_graph("step.tflite", model.shape.layers)
    oracle = Oracle(data, graph)
    tokens = texts(model, 1, 10 * window)[0]
    right = oracle.logits(tokens)
    if bits == 8:
        apart = (right.astype(np.float64) - oracle.zero_point) * oracle.scale - rolling(model, window)(tokens)
        assert np.sqrt(np.mean(apart**2)) < 0.1 * np.std(rolling(model, window)(tokens))
    (tmp_path / "step.tflite").write_bytes(data)
    states = "".join(f'[[graphs.step.states]]\ninput = "{s.input}"\noutput = "{s.output}"\n' for s in graph.states)
    head = 'name = "tiny"\ntitle = "tiny"\n[graphs.step]\nfile = "step.tflite"\ninputs = ["token"]\noutputs = ["logits"]\n'
    (tmp_path / "model.toml").write_text(head + states)
    found = run_on_host(tmp_path, tokens)
    np.testing.assert_array_equal(found, right)


def run_on_host(folder: Path, tokens: list[int]) -> np.ndarray:
    import ctypes

    from tests.compiler.batch import invoke

    program = compile_bundle(load_bundle(folder), core("host"))
    (folder / "build").mkdir()
    library = ctypes.CDLL(str(build_native([program], folder / "build")))
    library.tl_model_reset()
    return np.stack([invoke(library, "tl_", program, [np.array([token], np.int32)])[0].reshape(-1) for token in tokens])


@needs_oracle
def test_import_makes_a_bundle_that_tests_equal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint, tokenizer = tiny_llama.write(tmp_path)
    output = tmp_path / "tiny"
    arguments = ["import", "llama2c", str(checkpoint), "--tokenizer", str(tokenizer), "-o", str(output), "--characters", "300"]
    assert main([*arguments, "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["vocabulary"] == tiny_llama.SHAPE.vocabulary
    assert abs(made["quality"]["bits_per_byte_lost"]) < 0.1
    assert main(["test", "--board", "host", "--model", str(output), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["oracle"]["mismatched"] == 0
    assert report["oracle"]["compared"] >= 100


def test_a_calibration_text_without_text_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint, tokenizer = tiny_llama.write(tmp_path)
    empty = tmp_path / "empty.txt"
    empty.write_text("\n \n")
    arguments = ["import", "llama2c", str(checkpoint), "--tokenizer", str(tokenizer), "--calibrate", str(empty), "--characters", "1"]
    assert main([*arguments, "-o", str(tmp_path / "out")]) == 2
    assert "holds no text to calibrate on" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.train
def test_training_for_int4_brings_the_model_back_to_what_it_said() -> None:
    pytest.importorskip("tensorflow")
    from tinylm.lm import llama_qat

    seen = texts(MODEL, 16, 24)
    done: list[int] = []
    trained, scales = llama_qat.train(prepare(MODEL, seen, fold=False), seen, 4, 40, 1, done.append)

    def apart(model: Llama) -> float:
        steps = {f"{layer}/{short}": float(scales[name][layer]) for short, name in MATRICES.items() for layer in range(2)}
        made = quantise(model, seen, 24, 4, steps=steps if model is trained else None)
        rounded = {name: np.stack([made.weights[f"{layer}/{short}"].values * made.weights[f"{layer}/{short}"].scale for layer in range(2)])
                   for short, name in MATRICES.items()}  # fmt: skip
        found = replace(model, weights={**model.weights, **rounded}).logits(seen[0])
        return float(np.mean((found - MODEL.logits(seen[0])) ** 2))

    assert done == list(range(1, 41))
    assert apart(trained) < apart(prepare(MODEL, seen))


@pytest.mark.train
@needs_oracle
def test_import_with_int4_weights_makes_a_bundle_that_tests_equal(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    tokenizer = ByteTokenizer.make(read_tokenizer(tiny_llama.write(tmp_path)[1], MODEL.shape.vocabulary))
    plan = Plan("tiny4", "int4", characters=300, window=24, steps=3, training=1000, vocabulary="used")
    made = import_model(MODEL, tokenizer, plan, tmp_path / "tiny4", lambda *_: None)
    assert made["vocabulary"] < len(tokenizer) and "bits_per_byte_lost" in made["quality"]
    assert main(["test", "--board", "host", "--model", str(tmp_path / "tiny4")]) == 0


GREEDY = (
    "Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red ball. "
    "She wanted to play with it, but it was too high."
)


@pytest.fixture(scope="module")
def stories() -> tuple[Llama, ByteTokenizer]:
    if not (tiny_llama.STORIES / "stories260K.bin").is_file():
        pytest.skip("stories260K.bin is not here (it is not in the repository)")
    model = read_checkpoint(tiny_llama.STORIES / "stories260K.bin")
    return model, ByteTokenizer.make(read_tokenizer(tiny_llama.STORIES / "tok512.bin", model.shape.vocabulary))


def test_stories_begin_as_their_author_says(stories: tuple[Llama, ByteTokenizer]) -> None:
    model, tokenizer = stories
    ids = model.generate([tokenizer.bos], 64)
    assert tokenizer.decode(ids).startswith(GREEDY)
    assert tokenizer.encode(GREEDY) == ids[: len(tokenizer.encode(GREEDY))]


@pytest.fixture(scope="module")
def imported(stories: tuple[Llama, ByteTokenizer], tmp_path_factory: pytest.TempPathFactory) -> tuple[Bundle, dict[str, Any]]:
    """int8, without the byte tokens that it never writes."""
    folder = tmp_path_factory.mktemp("imported") / "stories"
    made = import_model(*stories, Plan("stories", characters=6_000, vocabulary="used"), folder, lambda *_: None)
    return load_bundle(folder), made["quality"]


@pytest.mark.slow
@needs_oracle
@pytest.mark.parametrize("name", ["nrf52840", "pico", "nucleo-l4r5", "esp32-c3"])
def test_stories_lose_little_fit_and_equal_the_oracle(imported: tuple[Bundle, dict[str, Any]], name: str, tmp_path: Path) -> None:
    from tinylm.bench.reference import token_reference
    from tinylm.targets.open import open_emulator

    bundle, quality = imported
    assert quality["bits_per_byte_lost"] <= 0.03  # on 6,000 characters
    board = boards.board(name)
    image = build(bundle, compile_bundle(bundle, board.core), board, tmp_path / "image")
    assert image.sizes.ram_used <= 100_000
    assert image.sizes.flash_used <= (310_000 if name in ("pico", "esp32-c3") else 300_000)  # more code without SIMD
    pairs = [pair for sequence in token_reference(bundle).sequences[:1] for pair in sequence][:60]
    with open_emulator(board, image.elf, image.build_id, None) as device:
        device.session.boot()
        assert device.session.score([token for token, _ in pairs]) == [crc for _, crc in pairs]


@pytest.mark.slow
@needs_oracle
def test_stories_go_on_at_ten_times_the_window(stories: tuple[Llama, ByteTokenizer]) -> None:
    """A rolling window of 64 positions, four times 640 tokens: int8 and float32 with the same window differ as little as inside it."""
    from tinylm.lm.oracle import Oracle

    model, tokenizer = stories
    rng = np.random.default_rng(2)
    tokens = [token for text in own_texts(model, tokenizer, 10_000, 256, rng) for token in text]
    long = [tokens[at : at + 640] for at in range(0, 4 * 640, 640)]
    calibration = own_texts(model, tokenizer, 4000, 256, rng)
    made = quantise(prepare(model, calibration, fold=False), calibration, 64)
    oracle = Oracle(export(made), step_graph("step.tflite", model.shape.layers))
    before = bits_per_byte(rolling(model, 64), tokenizer, long)
    unit, zero = np.float32(oracle.scale), np.float32(oracle.zero_point)
    after = bits_per_byte(lambda ids: (oracle.logits(ids) - zero) * unit, tokenizer, long)
    assert after - before < 0.03
