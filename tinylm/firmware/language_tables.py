"""What the runtime knows of a language model: how it is run, the names of the home as a trie, the grammar of its answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from tinylm.bundle import Bundle, GraphFile
from tinylm.errors import InputError
from tinylm.lm.answers import NONE
from tinylm.lm.fixed import ONE
from tinylm.lm.grammar import Automaton, Grammar, Rule, automaton
from tinylm.lm.home import DOMAINS, FLAGS, KINDS, Home, Names, load_home
from tinylm.lm.tokenizer import Tokenizer
from tinylm.lm.tokenizers import AnyTokenizer

TRIE_LIMIT = 0xFFFF


@dataclass(frozen=True)
class Ends:
    """Places among the graph's inputs and outputs, None for what it lacks. flag_order: the bit of each column of the input ``flags``."""

    token: int
    position: int | None
    flags: int | None
    logits: int
    start: int | None
    end: int | None
    first_logit: int
    window: int
    flag_order: list[int]


def ends(graph: GraphFile, columns: list[str], where: str) -> Ends:
    """Read off the manifest: tensors are told by their names. Raises InputError for columns that are no flags."""

    def place(names: list[str], name: str) -> int | None:
        return names.index(name) if name in names else None

    unknown = next((column for column in columns if column not in FLAGS), None)
    if unknown is not None:
        raise InputError(f"commands.flags names '{unknown}', which is no flag.", where=where, hint=f"Known: {', '.join(FLAGS)}.")
    flags = place(graph.inputs, "flags")
    if flags is not None and not columns:
        raise InputError("the graph takes flags, but commands.flags does not say which.", where=where)
    return Ends(
        token=place(graph.inputs, "token") or 0,
        position=place(graph.inputs, "position"),
        flags=flags,
        logits=place(graph.outputs, "logits") or 0,
        start=place(graph.outputs, "start"),
        end=place(graph.outputs, "end"),
        first_logit=graph.first_logit,
        window=graph.window,
        flag_order=[FLAGS.index(column) for column in columns],
    )


@dataclass(frozen=True)
class Entry:
    """A name. packed: kind, whether the next entry looks the same (bit 7), domains (from bit 8 on): tl_home_entry."""

    name: str
    kind: str
    packed: int


@dataclass(frozen=True)
class HomeTables:
    """The home as tl_home.h has it."""

    trie: list[int]
    entries: list[Entry]


def home_tables(names: Names) -> HomeTables:
    """Lay the names out for the device. Raises InputError where there are too many."""
    places: dict[str, int] = {}
    entries: list[Entry] = []
    for plain in sorted({plain for known in names.known.values() for plain in known}):
        places[plain] = len(entries) + 1
        kinds = [kind for kind in KINDS if plain in names.known[kind]]
        for kind in kinds:
            name, domains = names.known[kind][plain]
            bits = sum(1 << DOMAINS.index(domain) for domain in domains)
            entries.append(Entry(name, kind, KINDS.index(kind) | (kind != kinds[-1]) << 7 | bits << 8))
    return HomeTables(list(_trie(sorted(places), places, 0) or b"\0"), entries)


def _trie(plains: list[str], places: dict[str, int], done: int) -> bytes:
    """Nodes for sorted names that agree in their first ``done`` letters; see tl_home.h."""
    nodes: list[tuple[bytes, bytes]] = []
    rest = [plain for plain in plains if len(plain) > done]
    while rest:
        group = [plain for plain in rest if plain[done] == rest[0][done]]
        rest = rest[len(group) :]
        stem = _common(group[0], group[-1])
        letters = stem[done:].encode()
        head = bytes([len(letters)]) + letters + places.get(stem, 0).to_bytes(2, "little")
        nodes.append((head, _trie(group, places, len(stem)) or b"\0"))
    last = len(nodes) - 1
    if any(len(below) > TRIE_LIMIT for _, below in nodes):
        raise InputError(f"the names take more than {TRIE_LIMIT} bytes.", where="home", hint="List fewer.")
    return b"".join(head + (0 if at == last else len(below)).to_bytes(2, "little") + below for at, (head, below) in enumerate(nodes))


def _common(a: str, b: str) -> str:
    length = next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return a[:length]


@dataclass(frozen=True)
class EdgeRow:
    """An edge and what it says, for the comment."""

    token: int
    rule: int
    next: int
    state: int
    text: str


@dataclass(frozen=True)
class GrammarTables:
    """The automaton as tl_answer.h has it. first: of each state the first edge, and the number of edges at the end."""

    made: Automaton
    tokens: list[str]
    none: int
    threshold: int
    kinds = ("TL_CLOSED", "TL_TEXT", "TL_NUMBER", "TL_NAME_AREA", "TL_NAME_FLOOR", "TL_NAME_ENTITY")

    @property
    def rules(self) -> list[Rule]:
        return self.made.rules

    @property
    def states(self) -> int:
        return len(self.made.states)

    @property
    def depth(self) -> int:
        return self.made.depth

    @cached_property
    def edges(self) -> list[EdgeRow]:
        return [
            EdgeRow(edge.token, edge.rule, edge.next, state, self.tokens[edge.token] or "end")
            for state, edges in enumerate(self.made.states)
            for edge in edges
        ]

    @property
    def first(self) -> list[int]:
        return [sum(map(len, self.made.states[:state])) for state in range(self.states + 1)]


@dataclass(frozen=True)
class LanguageTables:
    """All of it. home: None where the model takes no flags; grammar: None where it writes text."""

    ends: Ends
    home: HomeTables | None
    grammar: GrammarTables | None


def home_of(bundle: Bundle) -> Home:
    """The home that the bundle is built for: the one that was asked for, its own, or an empty one."""
    return load_home(bundle.home_path) if bundle.home_path else Home()


def grammar_of(bundle: Bundle, tokenizer: Tokenizer, home: Home) -> GrammarTables | None:
    """The grammar of the bundle's answers. Raises InputError where it does not belong to the tokenizer or the graph."""
    commands = bundle.manifest.commands
    if commands is None:
        return None
    where = str(bundle.path(commands.grammar))
    made = automaton(Grammar.load(bundle.path(commands.grammar)), tokenizer, FLAGS, named=any(True for _ in home.named()))
    lowest = min(edge.token for edges in made.states[1:] for edge in edges)
    if lowest < bundle.graph.first_logit:
        raise InputError(f"needs the token {lowest}, for which the graph has no logit.", where=where)
    if not {"start", "end"} <= set(bundle.graph.outputs) or not bundle.graph.window:
        raise InputError("a graph that answers needs the outputs 'start' and 'end' and a window.", where=str(bundle.folder))
    return GrammarTables(made, tokenizer.tokens, tokenizer.structural[NONE], round(commands.threshold * ONE))


def language_tables(bundle: Bundle, tokenizer: AnyTokenizer) -> LanguageTables:
    """Everything to render. Raises InputError."""
    commands = bundle.manifest.commands
    found = ends(bundle.graph, commands.flags if commands else [], str(bundle.folder))
    if not isinstance(tokenizer, Tokenizer):
        if commands or found.flags is not None:
            raise InputError("commands need a tokenizer of format 1.", where=str(bundle.folder))
        return LanguageTables(found, None, None)
    home = home_of(bundle)
    names = home_tables(Names(home, tokenizer.normalise)) if found.flags is not None or commands else None
    return LanguageTables(found, names, grammar_of(bundle, tokenizer, home))
