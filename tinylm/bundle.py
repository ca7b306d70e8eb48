"""Bundles: a folder with ``model.toml`` and one or more ``.tflite`` graphs. A bare .tflite is a bundle with defaults."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import msgspec

from tinylm import paths
from tinylm.errors import InputError, nearest
from tinylm.schema import Strict, load

MANIFEST = "model.toml"
_NO_BENCHMARK = "tiny01"
#: the benchmark's reference models by the names of their files (mlcommons/tiny, benchmark/training/*/trained_models) -> its id for each
_REFERENCES = {"kws_ref_model": "kws01", "ad01_int8": "ad01", "pretrainedResnet_quant": "ic01", "vww_96_int8": "vww01"}
STEP = "step"


class State(Strict):
    """A pair of graph tensors (by name) that carries state from one invocation to the next; it starts as real 0."""

    input: str
    output: str


class GraphFile(Strict):
    """One .tflite. inputs/outputs: names of the tensors that the caller fills and reads, in the caller's order; states: the rest.

    Of a language model: first_logit: the token of logit 0; window: tokens that it can read and write after a reset, 0 for any number.
    """

    file: str
    inputs: list[str] = []
    outputs: list[str] = []
    states: list[State] = []
    first_logit: int = 0
    window: int = 0


class TokenizerFile(Strict):
    """tokenizer.json, see tinylm.lm.tokenizer."""

    file: str


class Commands(Strict):
    """Of a model that answers with an intent and slots. flags: the columns of the input ``flags`` (names in tinylm.lm.home.FLAGS).

    threshold: confidence (0 to 1) below which the answer is `none`. grammar: see tinylm.lm.grammar. home: a default home.toml.
    """

    grammar: str
    flags: list[str] = []
    threshold: float = 0.0
    home: str | None = None


class Oracle(Strict):
    """Stored oracle vectors: what TFLM computed, for systems that have no TFLM wheel. made_by: its name and version."""

    file: str
    made_by: str


class Manifest(Strict):
    """model.toml. mlperf: the id in the protocol's ``profile`` (kws01, ic01, ..., lm01), which
    also says in what form inputs come: docs/benchmark.md."""

    name: str
    title: str
    kind: Literal["language-model", "model"] = "model"
    licence: str = ""
    mlperf: str = _NO_BENCHMARK
    recipe: str | None = None
    graphs: dict[str, GraphFile] = {}
    tokenizer: TokenizerFile | None = None
    commands: Commands | None = None
    oracle: Oracle | None = None
    examples: list[str] = []
    quality: dict[str, Any] = {}

    @property
    def graph(self) -> GraphFile:
        """The graph to build: the only one, or the one called 'step'."""
        return self.graphs.get(STEP) or next(iter(self.graphs.values()))


@dataclass(frozen=True)
class Bundle:
    """A loaded manifest and the folder its files are in. home: a home.toml to use instead of the bundle's own; prefix: a text that a model
    which writes has read before every other, at build time."""

    manifest: Manifest
    folder: Path
    home: Path | None = None
    prefix: str = ""

    @property
    def home_path(self) -> Path | None:
        """The home.toml whose names the model is to know, if any."""
        commands = self.manifest.commands
        return self.home or (self.folder / commands.home if commands and commands.home else None)

    @property
    def name(self) -> str:
        return self.manifest.name

    @property
    def is_language_model(self) -> bool:
        return self.manifest.kind == "language-model"

    @property
    def graph(self) -> GraphFile:
        """The graph to build: the only one, or the one called 'step'."""
        return self.manifest.graph

    def path(self, file: str) -> Path:
        return self.folder / file

    def read(self, file: str) -> bytes:
        """The bytes of one of the bundle's files. Raises InputError where it cannot be read."""
        try:
            return self.path(file).read_bytes()
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror}).", where=str(self.path(file))) from error


def shipped() -> list[str]:
    """Names of the bundles that come with tinylm."""
    return sorted(path.parent.name for path in paths.MODELS.glob(f"*/{MANIFEST}"))


def load_bundle(model: str | Path, home: Path | None = None, prefix: str = "") -> Bundle:
    """A bundle from a folder, the name of a shipped bundle, or a .tflite file. home, prefix: see Bundle. Raises InputError."""
    bundle = _find(model)
    if prefix and (not bundle.is_language_model or bundle.manifest.commands):
        raise InputError(f"'{bundle.name}' writes no text, so it has nothing to go on from.", hint="Leave --prefix out.")
    if home is not None and bundle.manifest.commands is None:
        raise InputError(f"'{bundle.name}' knows no names, so a home does not change it.", hint="Leave --home out.")
    return replace(bundle, home=home, prefix=prefix)


def _find(model: str | Path) -> Bundle:
    path = Path(model)
    if path.is_file():
        return _bare(path)
    if path.is_dir():
        return _folder(path)
    if str(model) in shipped():
        return _folder(paths.MODELS / str(model))
    if path.suffix or len(path.parts) > 1:
        raise InputError("no such model file or bundle folder.", where=str(model))
    raise InputError(f"unknown model '{model}'.", hint=nearest(str(model), shipped()))


def _bare(path: Path) -> Bundle:
    if path.name == MANIFEST:
        return _folder(path.parent)
    name = "".join(c if c.isalnum() else "-" for c in path.stem.lower())
    benchmark = _REFERENCES.get(path.stem, _NO_BENCHMARK)
    return Bundle(Manifest(name=name, title=path.name, mlperf=benchmark, graphs={"main": GraphFile(file=path.name)}), path.parent)


def _folder(folder: Path) -> Bundle:
    path = folder / MANIFEST
    if not path.is_file():
        raise InputError(f"is not a bundle: it has no {MANIFEST}.", where=str(folder), hint="Give a bundle folder or a .tflite file.")
    manifest = load(path, Manifest)
    where = str(path)
    if not manifest.graphs:
        raise InputError("names no graph.", where=where, hint="Add a [graphs.step] table with a file.")
    files = [graph.file for graph in manifest.graphs.values()]
    if manifest.kind == "language-model" and manifest.tokenizer is None:
        raise InputError("a language model needs a tokenizer.", where=where, hint="Add [tokenizer] with file = 'tokenizer.json'.")
    if manifest.tokenizer:
        files.append(manifest.tokenizer.file)
    if manifest.commands:
        if not 0 <= manifest.commands.threshold <= 1:
            raise InputError(f"commands.threshold is {manifest.commands.threshold}, not between 0 and 1.", where=where)
        files += [manifest.commands.grammar, *([manifest.commands.home] if manifest.commands.home else [])]
    for file in files:
        if not (folder / file).is_file():
            raise InputError(f"names '{file}', which is not there.", where=where)
    return Bundle(msgspec.structs.replace(manifest), folder)
