"""How good a language model is on a set of sentences: it is asked on a device (or as the same C on this machine), one after the other."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tinylm.bundle import Bundle
from tinylm.compiler.reader import read
from tinylm.errors import InputError
from tinylm.lm import forced
from tinylm.lm.answers import NONE, stated
from tinylm.lm.home import ARTICLES
from tinylm.lm.tokenizer import Tokenizer
from tinylm.lm.tokenizers import AnyTokenizer, load_tokenizer
from tinylm.targets.open import Device
from tinylm.targets.session import Answer

Tick = Callable[[str, int, int, str], None]


@dataclass(frozen=True)
class Sentence:
    """One line of a set. intent: None where the line only has a text. slots: key to value, as text."""

    text: str
    intent: str | None = None
    slots: dict[str, str] = field(default_factory=dict)


class _Line(msgspec.Struct, forbid_unknown_fields=False):
    text: str
    intent: str | None = None
    slots: dict[str, str | int | float] = {}


def load_set(path: Path) -> list[Sentence]:
    """Read a JSONL file of {"text", "intent", "slots"}; more keys are ignored, empty lines too. Raises InputError: file, line, what."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}).", where=str(path)) from error
    rows = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = msgspec.json.decode(line.decode(), type=_Line)
        except UnicodeDecodeError as error:
            raise InputError(f"line {number} is not UTF-8: {error.reason} at byte {error.start}.", where=str(path)) from error
        except msgspec.DecodeError as error:
            hint = 'A line is like {"text": "turn on the lamp", "intent": "HassTurnOn", "slots": {"name": "lamp"}}.'
            raise InputError(f"line {number}: {error}.", where=str(path), hint=hint) from error
        if row.intent == "" or (row.slots and row.intent in (None, NONE)):
            raise InputError(f"line {number}: slots need an intent, and an intent is not empty.", where=str(path))
        rows.append(
            Sentence(
                row.text, row.intent, {key: f"{value:g}" if isinstance(value, float) else str(value) for key, value in row.slots.items()}
            )
        )
    if not rows:
        raise InputError("holds no sentence.", where=str(path))
    return rows


@dataclass(frozen=True)
class Quality:
    """Shares are parts of 1, None where the set or the model has nothing of the kind.

    rows: lines of the set; commands: those with an intent other than none. intent_accuracy, intent_macro (mean over intents), exact_match
    (intent and all slots): of the commands. accepted: commands whose answer is not none. false_accepts: of the lines with intent none,
    those whose answer is another. bits_per_byte, perplexity (of a token): of all texts; of a model with a grammar those of the right
    answers, see ``_answer_bits``.
    """

    rows: int
    commands: int
    intent_accuracy: float | None
    intent_macro: float | None
    exact_match: float | None
    accepted: float | None
    false_accepts: float | None
    bits_per_byte: float | None
    perplexity: float | None
    by_intent: dict[str, tuple[int, float, float]]
    wrong: list[tuple[Sentence, Answer]]

    def to_json(self) -> dict[str, Any]:
        """The stable keys of `eval --json`; wrong: the first 100 commands and non-commands that were not answered rightly."""
        return {
            "rows": self.rows,
            "commands": self.commands,
            "bits_per_byte": self.bits_per_byte,
            "perplexity": self.perplexity,
            "intent_accuracy": self.intent_accuracy,
            "intent_macro": self.intent_macro,
            "exact_match": self.exact_match,
            "accepted": self.accepted,
            "false_accepts": self.false_accepts,
            "by_intent": {intent: {"rows": n, "intent_accuracy": a, "exact_match": e} for intent, (n, a, e) in self.by_intent.items()},
            "wrong": [
                {
                    "text": row.text,
                    "intent": row.intent,
                    "slots": row.slots,
                    "got": {"intent": answer.intent, "slots": dict(answer.slots), "confidence": answer.confidence},
                }
                for row, answer in self.wrong[:100]
            ],
        }


def evaluate(device: Device, bundle: Bundle, rows: Sequence[Sentence], tick: Tick) -> Quality:
    """Ask every sentence. tick: called as (stage, done, total, note). Raises InputError where the set asks for what the model cannot do."""
    if not bundle.is_language_model or bundle.manifest.tokenizer is None:
        raise InputError(f"'{bundle.name}' is not a language model.", hint="Use 'python -m tinylm bench' for other models.")
    tokenizer = load_tokenizer(bundle.path(bundle.manifest.tokenizer.file))
    labelled = [row for row in rows if row.intent is not None]
    if labelled and bundle.manifest.commands is None:
        raise InputError(f"'{bundle.name}' has no grammar, so it answers with text, not with intents.", hint="Give a set of texts only.")
    bits = perplexity = None
    if bundle.graph.first_logit == 0:  # every token has a logit, those of text too
        bits, perplexity = _bits(device, bundle, tokenizer, [row.text for row in rows], tick)
    elif labelled and isinstance(tokenizer, Tokenizer):
        bits, perplexity = _answer_bits(device, bundle, tokenizer, labelled, tick)
    if not labelled or not isinstance(tokenizer, Tokenizer):
        return Quality(len(rows), 0, None, None, None, None, None, bits, perplexity, {}, [])
    answers = []
    for done, row in enumerate(labelled, 1):
        answers.append(ask(device, row.text))
        tick("answers", done, len(labelled), "")
    return _quality(tokenizer, rows, labelled, answers, bits, perplexity)


def ask(device: Device, text: str) -> Answer:
    """One sentence's answer. A text that the device refuses as too long is none, with confidence 0."""
    session = device.session
    session.reset()
    try:
        session.feed(text)
        return session.answer()
    except InputError:
        return Answer(NONE, (), 0.0, 0, 0, 0, 0)


def _quality(
    tokenizer: Tokenizer,
    rows: Sequence[Sentence],
    labelled: Sequence[Sentence],
    answers: Sequence[Answer],
    bits: float | None,
    perplexity: float | None,
) -> Quality:
    by_intent: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    wrong, accepted, refused = [], [], []
    for row, answer in zip(labelled, answers, strict=True):
        intent = answer.intent == row.intent
        exact = intent and same_slots(tokenizer, row.slots, dict(answer.slots))
        if not exact:
            wrong.append((row, answer))
        if row.intent == NONE:
            refused.append(answer.intent == NONE)
        elif row.intent is not None:
            accepted.append(answer.intent != NONE)
            by_intent[row.intent].append((intent, exact))
    hits = [hit for group in by_intent.values() for hit in group]
    table = {name: (len(g), _share([a for a, _ in g]) or 0.0, _share([e for _, e in g]) or 0.0) for name, g in sorted(by_intent.items())}
    macro = [accuracy for _, accuracy, _ in table.values()]
    false = _share(refused)
    return Quality(
        rows=len(rows),
        commands=len(hits),
        intent_accuracy=_share([intent for intent, _ in hits]),
        intent_macro=round(sum(macro) / len(macro), 4) if macro else None,
        exact_match=_share([exact for _, exact in hits]),
        accepted=_share(accepted),
        false_accepts=None if false is None else round(1 - false, 4),
        bits_per_byte=bits,
        perplexity=perplexity,
        by_intent=table,
        wrong=wrong,
    )


def same_slots(tokenizer: Tokenizer, wanted: dict[str, str], got: dict[str, str]) -> bool:
    """Whether keys and values agree: numbers by value, other values as the model reads them, an article in front apart."""
    return wanted.keys() == got.keys() and all(_plain(tokenizer, wanted[key]) == _plain(tokenizer, got[key]) for key in wanted)


def _plain(tokenizer: Tokenizer, value: str) -> str | float:
    try:
        return float(value.strip().removesuffix("%"))
    except ValueError:
        text = tokenizer.normalise(value.replace("_", " ")).strip()
        article = next((word for word in ARTICLES if text.startswith(word) and len(text) > len(word)), "")
        return text[len(article) :]


def _share(hits: Sequence[bool]) -> float | None:
    return round(sum(hits) / len(hits), 4) if hits else None


def _bits(device: Device, bundle: Bundle, tokenizer: AnyTokenizer, texts: Sequence[str], tick: Tick) -> tuple[float, float]:
    """Bits a byte of the texts as the model reads them, their end included, and the perplexity of a token; by the raw logits."""
    session = device.session
    output, scale = _logits(bundle)
    nats, count, steps = 0.0, 0, 0
    for done, text in enumerate(texts, 1):
        ids = tokenizer.prompt(text)
        window = bundle.graph.window or len(ids)
        for start in range(0, len(ids) - 1, window):
            session.reset()
            for token, following in zip(ids[start : start + window], ids[start + 1 : start + 1 + window], strict=False):
                session.score([token])
                logits = np.frombuffer(session.output(output), np.int8).astype(np.float64) * scale
                top = logits.max()
                nats += math.log(np.exp(logits - top).sum()) + top - logits[following]
                steps += 1
        count += max(len(tokenizer.normalise(text)) - 1, 0) if isinstance(tokenizer, Tokenizer) else len(text.encode())
        tick("bits", done, len(texts), "")
    return round(nats / math.log(2) / max(count, 1), 4), round(math.exp(nats / max(steps, 1)), 3)


def _answer_bits(
    device: Device, bundle: Bundle, tokenizer: Tokenizer, rows: Sequence[Sentence], tick: Tick
) -> tuple[float | None, float | None]:
    """Bits a byte of the right answers given their sentences, told to the model token by token, and the perplexity of an answer's token
    with its pointers. Without grammar and home in the decoder, with the home's flags on the sentence. What the model cannot say, or has
    no room for, is left out; None where nothing is left."""
    session, nats, size, steps = device.session, 0.0, 0, 0
    ends = _ends(bundle)

    def outputs() -> list[NDArray[np.floating]]:
        return [np.frombuffer(session.output(at), np.int8).astype(np.float64) * scale for at, scale in ends]

    def step(token: int) -> list[NDArray[np.floating]]:
        session.score([token])
        return outputs()

    for done, row in enumerate(rows, 1):
        tick("bits", done, len(rows), "")
        made = stated(tokenizer, row.text, str(row.intent), row.slots)
        if made is None or (bundle.graph.window and len(made.prompt) + len(made.answer) > bundle.graph.window):
            continue
        session.reset()
        try:
            session.feed(row.text)
            session.generate(1)  # reads all of the sentence, and feeds nothing that it writes
        except InputError:
            continue
        cost = forced.cost(tokenizer, made, outputs(), step)
        nats, size, steps = nats + cost[0], size + cost[1], steps + len(made.answer)
    return (round(nats / math.log(2) / max(size, 1), 4), round(math.exp(nats / steps), 3)) if steps else (None, None)


def _ends(bundle: Bundle) -> list[tuple[int, float]]:
    """(place, scale) of the outputs logits, start and end."""
    names = bundle.graph.outputs
    scales = {tensor.name: tensor.scale for tensor in read(bundle.read(bundle.graph.file), bundle.graph.file).outputs}
    return [(names.index(name), scales[name]) for name in ("logits", "start", "end")]


def _logits(bundle: Bundle) -> tuple[int, float]:
    """The place of the logits among the outputs, and their scale. Raises InputError where they are no int8."""
    names = bundle.graph.outputs
    at = names.index("logits") if "logits" in names else 0
    graph = read(bundle.read(bundle.graph.file), bundle.graph.file)
    tensor = next((tensor for tensor in graph.outputs if names and tensor.name == names[at]), graph.outputs[0])
    if tensor.dtype != "int8":
        raise InputError(f"has logits of type {tensor.dtype}; bits/byte needs int8.", where=bundle.graph.file)
    return at, tensor.scale
