"""Templates rendered for a board, a program and a bundle: the C that differs from image to image."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Protocol

import jinja2

from tinylm import paths
from tinylm.boards import HOST, Board
from tinylm.bundle import Bundle
from tinylm.errors import InputError
from tinylm.firmware.language_tables import LanguageTables, language_tables
from tinylm.firmware.prefix import snapshot
from tinylm.firmware.tokenizer_tables import Tables, make_tables
from tinylm.firmware.toolchain import PREFIX
from tinylm.lm.tokenizers import load_tokenizer

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from tinylm.compiler.graph import Array

RUNTIME = paths.TEMPLATES / "runtime"
PORTS = paths.TEMPLATES / "ports"
TYPES = paths.KERNELS / "include"
SCRIPT = "link.ld"


class Program(Protocol):
    """What the firmware needs of tinylm.compiler.program.Program. files: model.c, model.h; bytes are exact."""

    @property
    def name(self) -> str: ...
    @property
    def files(self) -> Mapping[str, str]: ...
    @property
    def kernels(self) -> Sequence[Path]: ...
    @property
    def minor(self) -> Collection[Path]: ...
    @property
    def includes(self) -> Sequence[Path]: ...
    @property
    def arena_bytes(self) -> int: ...
    @property
    def state_bytes(self) -> int: ...
    @property
    def constant_bytes(self) -> int: ...
    def state_image(self, values: Mapping[int, Array]) -> bytes: ...


@dataclass(frozen=True)
class Sources:
    """Rendered text by file name; the sources that need no rendering by part of the image; the id of it all (8 hex digits)."""

    build_id: str
    rendered: dict[str, str]
    plain: dict[str, list[Path]]


def tables_of(bundle: Bundle) -> Tables | None:
    """The tokenizer of a language model, None for other models. Raises InputError."""
    if not bundle.is_language_model or bundle.manifest.tokenizer is None:
        return None
    return make_tables(load_tokenizer(bundle.path(bundle.manifest.tokenizer.file)))


def render(board: Board | None, program: Program, bundle: Bundle, extra: Iterable[str] = (), constants_in_ram: bool = False) -> Sources:
    """Render for a board, or for the host (None). extra: whatever else the build id depends on (toolchain, options).

    constants_in_ram: the model's constants are copied to RAM at the start.
    """
    tables = tables_of(bundle)
    environment = templates(board)
    names = dict(program.files)
    language = None
    if tables and bundle.manifest.tokenizer:
        language = language_tables(bundle, load_tokenizer(bundle.path(bundle.manifest.tokenizer.file)))
        names["tokenizer_data.c"] = environment.get_template("tokenizer_data.c.j2").render(bundle=bundle, **vars(tables))
        parts = {"language": language.ends, "home": language.home, "grammar": language.grammar}
        prefix = snapshot(bundle, program) if bundle.prefix else b""
        for part, found in parts.items():
            if found:
                names[f"{part}_data.c"] = environment.get_template(f"{part}_data.c.j2").render(bundle=bundle, prefix=prefix, **parts)
    names["tl_bench.h"] = environment.get_template("bench.h.j2").render(bundle=bundle, energy=board is not None and board.energy)
    if board:
        context = {"board": board, "soc": board.soc, "core": board.core, "flash": board.flash, "ram": board.ram, "prefix": PREFIX}
        context["energy"] = board.energy
        context["constants_in_ram"] = constants_in_ram
        port = f"{board.soc.port}.c"
        names["startup.c"] = _rendered(environment, f"{board.core.isa}/startup.c.j2", context)
        names[port] = _rendered(environment, f"ports/{port}.j2", context)
        names[SCRIPT] = _rendered(environment, f"{SCRIPT}.j2", context)
    plain = _plain(board, _runtime(tables, language), program)
    build_id = _identity(names, plain, extra)
    info = environment.get_template("info.c.j2")
    names["info.c"] = info.render(build_id=build_id, board_name=board.name if board else HOST, bundle=bundle)
    return Sources(build_id, names, plain)


def cpu_folder(board: Board) -> Path:
    """Where the C lies that all chips of the board's instruction set share."""
    return paths.TEMPLATES / board.core.isa


def part_of(name: str) -> str:
    """The part of the image that a rendered file belongs to."""
    if name.startswith("model"):
        return "model"
    if name in ("tokenizer_data.c", "language_data.c", "home_data.c", "grammar_data.c"):
        return "tokenizer"
    return "runtime" if name == "info.c" else "startup"


def _runtime(tables: Tables | None, language: LanguageTables | None) -> list[str]:
    """The runtime's sources that a model needs: what it does not use costs it nothing."""
    names = ["tl_console", "tl_format", "tl_tensor", "tl_wire"]
    if tables is None or language is None:
        return [*names, "tl_lm_none"]
    names += ["tl_lm", "tl_read", "tl_share", "tl_step", "tl_text", "tl_utf8"]
    names += ["tl_numbers"] if tables.numbers else []
    names += ["tl_home"] if language.home else []
    return names + (["tl_answer"] if language.grammar else ["tl_keep", "tl_sample", "tl_snapshot"])


def _plain(board: Board | None, names: list[str], program: Program) -> dict[str, list[Path]]:
    if board is None:
        return {"runtime": [RUNTIME / f"{name}.c" for name in names] + [PORTS / "host.c"], "kernels": list(program.kernels)}
    startup = [cpu_folder(board) / "fault.c", *([_port_file(board, board.soc.boot2)] if board.soc.boot2 else [])]
    runtime = [RUNTIME / f"{name}.c" for name in [*names, "main", "tl_libc"]]
    return {"startup": startup, "runtime": runtime, "kernels": list(program.kernels)}


def _identity(rendered: dict[str, str], plain: dict[str, list[Path]], extra: Iterable[str]) -> str:
    total = hashlib.sha256()
    headers = [*RUNTIME.glob("*.h"), *paths.TEMPLATES.glob("*/tl_cpu.h"), *TYPES.glob("*.h")]
    for name, text in sorted(rendered.items()):
        total.update(f"{name}\0{text}\0".encode())
    for path in sorted([*headers, *(path for files in plain.values() for path in files)], key=lambda path: path.name):
        total.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    for text in extra:
        total.update(f"{text}\0".encode())
    return total.hexdigest()[:8]


def _port_file(board: Board, name: str) -> Path:
    """A file of ports/, the user's own before the shipped one."""
    return next(path for folder in board.templates if (path := folder / "ports" / name).is_file())


def _rendered(environment: jinja2.Environment, name: str, context: dict[str, object]) -> str:
    """A board's template. Raises InputError: the template itself is wrong, as a user's own may be."""
    try:
        return environment.get_template(name).render(context)
    except jinja2.TemplateSyntaxError as error:
        raise InputError(f"the template is wrong: {error.message}.", where=f"{error.filename or name}:{error.lineno}") from error
    except jinja2.TemplateNotFound as error:
        raise InputError(f"the template '{error.name}' is missing.", where=name) from error
    except jinja2.TemplateError as error:
        raise InputError(f"the template cannot be rendered: {error.message}.", where=name) from error


def templates(board: Board | None) -> jinja2.Environment:
    """The environment of all templates; a board's own ones before the shipped."""
    where = str(board.path) if board else HOST
    folders = board.templates if board else [paths.TEMPLATES]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # C, not HTML
    )

    def fail(what: str, known: Iterable[object]) -> NoReturn:
        raise InputError(f"{what}.", where=where, hint=f"Possible: {', '.join(map(str, known))}.")

    environment.globals["fail"] = fail
    environment.filters["c_name"] = lambda text: re.sub(r"\W", "_", text)
    environment.filters["c_string"] = c_string
    return environment


def c_string(text: str | bytes) -> str:
    """A C string literal. Octal escapes of three digits, since a hexadecimal one would swallow the letters behind it."""
    data = text.encode() if isinstance(text, str) else text
    return '"' + "".join(chr(b) if 0x20 <= b < 0x7F and b not in b'"\\?' else f"\\{b:03o}" for b in data) + '"'
