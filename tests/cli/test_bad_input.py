"""Bad input gets one sentence that says what, where and what to do, and the right exit code; never a traceback, never half an output."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.build import Builder
from tests.cli.conftest import ROOT, Run


def float_model() -> bytes:
    builder = Builder()
    x = builder.input((1, 4), "float32", name="x")
    y = builder.output((1, 4), "float32")
    builder.operator("HASHTABLE_FIND", [x], [y])
    return builder.finish()


def dynamic_model() -> bytes:
    builder = Builder()
    x = builder.input((1, 4), scale=0.1, name="sound")
    builder.tensors[x].shapeSignature = [1, -1]
    builder.operator("TANH", [x], [builder.output((1, 4), scale=1 / 128)])
    return builder.finish()


def large_model() -> bytes:
    """1.1 MB of weights: more than the nRF52840's flash."""
    builder = Builder()
    x = builder.input((1, 1100), scale=0.1)
    weights = np.ones((1000, 1100), np.int8)
    weights[::3] = 5
    w = builder.tensor((1000, 1100), scale=0.1, data=weights)
    builder.operator("FULLY_CONNECTED", [x, w, -1], [builder.output((1, 1000), scale=1.0)], "FullyConnectedOptions")
    return builder.finish()


BAD_MODELS = [
    ("empty", lambda: b"", ["m.tflite", "not a .tflite"]),
    ("random", lambda: np.random.default_rng(1).bytes(5000), ["m.tflite", "not a .tflite"]),
    ("truncated", lambda: large_model()[:100_000], ["m.tflite", "is damaged"]),
    ("unsupported", float_model, ["operator 0 HASHTABLE_FIND", "is not supported", "FULLY_CONNECTED"]),
    ("dynamic", dynamic_model, ["tensor 0 'sound'", "dynamic shape [1, -1]", "fixed shapes"]),
    ("large", large_model, ["does not fit", "bytes of flash", "smaller model"]),
]


@pytest.mark.parametrize(("make", "parts"), [row[1:] for row in BAD_MODELS], ids=[row[0] for row in BAD_MODELS])
def test_a_bad_model_is_refused_with_the_reason(tinylm: Run, tmp_path: Path, make: object, parts: list[str]) -> None:
    assert callable(make)
    (tmp_path / "m.tflite").write_bytes(make())
    refused(tinylm("build", "--board", "nrf52840", "--model", "m.tflite"), 2, *parts)
    assert not (tmp_path / "build").exists() or not list((tmp_path / "build").rglob("firmware.*"))


BAD_WORDS = [
    (["build", "--board", "nrf52480"], 2, ["unknown board 'nrf52480'", "Did you mean 'nrf52840'?"]),
    (["build", "--board", "nrf52840", "--model", "comands"], 2, ["unknown model 'comands'", "Did you mean 'commands'?"]),
    (["build", "--board", "nrf52840", "--model", "no/such.tflite"], 2, ["no such model file"]),
    (["build", "--board", "host"], 2, ["'host' is a board without firmware"]),
    (["bild"], 2, ["Did you mean 'build'?"]),
    (["build", "--bord", "pico"], 2, ["--board"]),
    (["build"], 2, ["--board"]),
    (["test", "--board", "pico", "--target", "emulater"], 2, ["unknown target 'emulater'", "emulator"]),
    (["test", "--board", "pico", "--port", "/dev/ttyNOPE7"], 3, ["/dev/ttyNOPE7", "no such serial port"]),
    (["test", "--board", "pico", "--junit", "/dev/null/x.xml"], 2, ["/dev/null: cannot be written", "Choose another place"]),
    (
        ["bench", "--board", "pico", "--mode", "performance", "--submission", "/dev/null"],
        2,
        ["cannot be written (Not a directory: /dev/null)"],
    ),
    (["train", "nowhere.toml"], 2, ["nowhere.toml", "cannot be read"]),
]


@pytest.mark.parametrize(("arguments", "code", "parts"), BAD_WORDS, ids=[" ".join(row[0]) for row in BAD_WORDS])
def test_wrong_words_get_one_sentence(tinylm: Run, arguments: list[str], code: int, parts: list[str]) -> None:
    refused(tinylm(*arguments), code, *parts)


def test_a_bundle_without_tokenizer_is_refused(tinylm: Run, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "step.tflite").write_bytes(dynamic_model())
    manifest = 'name = "mine"\ntitle = "Mine"\nkind = "language-model"\n[graphs.step]\nfile = "step.tflite"\n'
    (folder / "model.toml").write_text(manifest)
    refused(tinylm("build", "--board", "pico", "--model", "mine"), 2, "needs a tokenizer", "model.toml")


def test_a_manifest_with_an_unknown_key_names_the_nearest(tinylm: Run, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "model.toml").write_text('name = "mine"\ntitle = "Mine"\nlicense = "MIT"\n')
    refused(tinylm("build", "--board", "pico", "--model", "mine"), 2, "unknown key 'license'", "Did you mean 'licence'?")


def test_an_output_that_cannot_be_written_is_named(tinylm: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    refused(tinylm("build", "--board", "pico", "--output", "file/inside"), 2, "cannot be written", "--output")
    refused(tinylm("build", "--board", "pico", "--output", "file"), 2, "file", "--output")
    assert (tmp_path / "file").read_text() == "not a folder"


def test_without_the_emulator_the_one_command_is_named(tinylm: Run, tmp_path: Path) -> None:
    refused(
        tinylm("test", "--board", "pico", PYTHONPATH=without("unicorn", tmp_path)),
        3,
        "emulator is not installed",
        "pip install 'tinylm[emulator]'",
    )


def test_without_the_train_extra_the_one_command_is_named(tinylm: Run, tmp_path: Path) -> None:
    done = tinylm("train", str(ROOT / "models/commands/recipe.toml"), "-o", "out", PYTHONPATH=without("ai_edge_litert", tmp_path))
    refused(done, 3, "training needs 'ai_edge_litert', which is not installed", "pip install 'tinylm[train]'")
    assert not (tmp_path / "out").exists()


def test_a_teacher_of_other_tokens_is_refused(tinylm: Run, tmp_path: Path) -> None:
    good = 'title = "X"\nseed = 1\n'
    (tmp_path / "big.toml").write_text(f'name = "big"\n{good}[tokenizer]\nmerges = 99\n')
    (tmp_path / "small.toml").write_text(f'name = "small"\n{good}[teacher]\nrecipe = "big.toml"\n')
    refused(tinylm("train", "small.toml", "-o", "out"), 2, "[tokenizer] and seed have to be those of big.toml", "small.toml")


def test_a_full_disk_leaves_what_was_there_and_nothing_beside_it(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: the same call of the system fails in the same way."""
    (tmp_path / "kept").write_text("before")
    code = (
        "import resource, signal, pathlib, tinylm.paths as paths\nfrom tinylm.errors import InputError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try:\n    paths.write_file(pathlib.Path('kept'), bytes(100_000))\nexcept InputError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    assert "kept: cannot be written" in done.stdout
    assert (tmp_path / "kept").read_text() == "before" and [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_without_a_compiler_the_hint_says_how_to_get_it(tinylm: Run, tmp_path: Path) -> None:
    done = tinylm("build", "--board", "pico", PYTHONPATH=without("ziglang", tmp_path), TINYLM_CACHE=str(tmp_path / "cache"))
    refused(done, 3, "compiler", "pip install")


def test_ctrl_c_leaves_no_half_written_output(tmp_path: Path) -> None:
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "TINYLM_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "tinylm", "build", "--board", "pico"]
    process = subprocess.Popen(command, cwd=tmp_path, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("build/pico/.*")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "interrupted" in said and "Traceback" not in said
    assert not list(tmp_path.glob("build/pico/*")) and not list(tmp_path.glob("build/pico/.*"))


def without(package: str, folder: Path) -> str:
    """A PYTHONPATH under which ``package`` is as good as not installed."""
    (folder / "hidden").mkdir()
    (folder / "hidden" / "sitecustomize.py").write_text(f"import sys\nsys.modules['{package}'] = None\n")
    return f"{folder / 'hidden'}{os.pathsep}{ROOT}"


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--top-k", "0"], "top-k is 0: at least 1 token must be left"),
        (["--temperature", "nan"], "the temperature is nan, not between 0 and 10"),
        (["--top-p", "1.5"], "the top-p is 1.5, not between 0.001 and 1"),
        (["--seed", "-1"], "the seed is -1"),
        (["--prompt", "a\udcff"], "is not UTF-8"),
        (["--prefix", "turn on"], "writes no text, so it has nothing to go on from"),
        (["--home", "nowhere.toml"], "nowhere.toml: cannot be read"),
    ],
)
def test_options_of_run_that_make_no_sense_are_refused(tinylm: Run, options: list[str], part: str) -> None:
    refused(tinylm("run", "--board", "host", "--prompt", "x", *options), 2, part)


def test_a_prompt_that_is_too_long_is_refused(tinylm: Run) -> None:
    done = tinylm("run", "--board", "host", "--prompt", "x" * 300)
    assert done.returncode == 2 and "the text is too long: 300 bytes" in done.stderr


def test_piped_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tinylm", "run", "--board", "host"]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, input=b"\xff\xfe\n", capture_output=True, check=False
    )
    assert done.returncode == 2 and b"is not UTF-8" in done.stderr


def refused(done: subprocess.CompletedProcess[str], code: int, *parts: str) -> None:
    said = " ".join(done.stderr.split())
    assert done.returncode == code, f"exit code {done.returncode}: {done.stdout}{done.stderr}"
    assert "Traceback" not in done.stderr and done.stdout == ""
    for part in parts:
        assert part in said, f"'{part}' is not in: {said}"
