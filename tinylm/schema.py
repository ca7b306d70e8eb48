"""TOML files read into typed structs, with messages that name the key and the nearest known one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tinylm.errors import InputError, nearest

T = TypeVar("T")


class Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Base of every schema: an unknown key is an error."""


def load(path: Path, kind: type[T], like: Callable[[str], Path] | None = None) -> T:
    """Read ``path`` as TOML into ``kind``. Raises InputError: missing, not TOML, unknown key, wrong type.

    like: the path of the file that a key ``like`` names; what this one does not say is taken from there.
    """
    values = _values(path)
    if like and isinstance(base := values.pop("like", None), str):
        values = _values(like(base)) | values
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise InputError(_explain(str(error), kind), where=str(path)) from error


def _values(path: Path) -> dict[str, Any]:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=dict[str, Any])
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}).", where=str(path)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"is not valid TOML: {error}.", where=str(path)) from error


def _explain(message: str, kind: type) -> str:
    unknown = re.match(r"Object contains unknown field `([^`]+)`(?: - at `\$\.?(.*)`)?", message)
    if unknown:
        key, place = unknown.group(1), unknown.group(2) or ""
        near = nearest(key, _keys(kind, place))
        return f"unknown key '{key}'{f' in {place}' if place else ''}. {near}"
    match = re.match(r"(.*?)(?: - at `\$\.?(.*)`)?$", message)
    assert match
    place = match.group(2)
    return f"key '{place}': {match.group(1)}." if place else f"{match.group(1)}."


def _keys(kind: Any, place: str) -> list[str]:
    """Names of the fields of the struct at a msgspec path such as ``memory[...].kind``."""
    info = msgspec.inspect.type_info(kind)
    for part in filter(None, re.split(r"\.|(\[(?:\.\.\.|\d+)\])", place)):
        info = _step(info, part)
    info = _struct_of(info)
    return [field.encode_name for field in info.fields] if info else []


def _step(info: Any, part: str) -> Any:
    if part.startswith("["):
        for candidate in [info, *getattr(info, "types", ())]:
            inner = getattr(candidate, "value_type", None) or getattr(candidate, "item_type", None)
            if inner is not None:
                return inner
        return info
    struct = _struct_of(info)
    return next((field.type for field in struct.fields if field.encode_name == part), info) if struct else info


def _struct_of(info: Any) -> Any:
    for candidate in [info, *getattr(info, "types", ())]:
        if isinstance(candidate, msgspec.inspect.StructType):
            return candidate
    return None
