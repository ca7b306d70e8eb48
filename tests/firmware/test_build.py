"""What a build leaves in its output directory, read back with tools that are not ours."""

import io
import json
import stat
import struct
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from tests.firmware import standin
from tests.firmware.images import flash_of
from tests.shelf import FIRST
from tinylm.boards import board
from tinylm.errors import FitError, InputError, MissingError, ToolError
from tinylm.firmware import build as build_module
from tinylm.firmware import fit
from tinylm.firmware.build import build, build_host
from tinylm.firmware.toolchain import Zig


@pytest.fixture(scope="module", params=FIRST)
def built(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    bundle = standin.language_bundle(folder / "b")
    return build(bundle, standin.language(), board(request.param), folder / "out", toolchain=Zig(strict=True))


def test_the_files_say_what_the_result_says(built):
    folder = built.elf.parent
    kinds = {"elf", "hex", "bin", "map"} | ({"uf2"} if board(built.board).soc.uf2_family is not None else set())
    images = {f"firmware.{kind}" for kind in kinds}
    renode = {"renode"} if "renode" in board(built.board).file.targets else set()
    assert {path.name for path in folder.iterdir()} == {"src", "build.json", *images, *renode}
    result = json.loads((folder / "build.json").read_text())
    assert result == json.loads(json.dumps(built.to_json()))
    assert set(result) >= {"board", "core", "model", "runtime", "toolchain", "seconds", "files", "flash", "ram"}
    assert set(result["files"]) == kinds
    assert {"used", "limit", "model", "code"} <= set(result["flash"]) and {"used", "limit", "arena", "state", "stack"} <= set(result["ram"])
    assert "tl_model_invoke" in (folder / "firmware.map").read_text()


def test_the_parts_add_up_to_what_the_sections_occupy(built):
    file = ELFFile(io.BytesIO(built.elf.read_bytes()))
    ram = board(built.board).ram
    in_ram = [s for s in file.iter_sections() if s["sh_flags"] & 2 and ram.start <= s["sh_addr"] < ram.end]
    sizes = built.sizes
    assert sizes.flash_used == max(flash_of(built.elf.read_bytes())) + 1 - board(built.board).flash.start
    assert sizes.ram_used == max(s["sh_addr"] + s["sh_size"] for s in in_ram) - ram.start
    assert sizes.ram_used - sizes.ram["padding"] == sum(s["sh_size"] for s in in_ram)
    assert 0 <= sizes.flash["padding"] < 128 and 0 <= sizes.ram["padding"] < 128
    assert (sizes.ram["arena"], sizes.ram["state"], sizes.ram["stack"]) == (24 + 16, 4, board(built.board).file.reserve.stack)
    result = built.to_json()
    assert sum(result["flash"]["parts"].values()) == result["flash"]["used"] == result["flash"]["model"] + result["flash"]["code"]


def with_table(size: int) -> standin.StandinProgram:
    program = standin.add_one(constant_bytes=size)
    text = program.files["model.c"].replace("const int8_t table[8] = {1,", f"const volatile int8_t table[{size}] = {{1,")
    program.files["model.c"] = text.replace("+ table[i]", "+ table[i * table[1]]")
    return program


def test_constants_of_the_model_are_counted_as_such(built, tmp_path):
    bundle, where = standin.add_one_bundle(tmp_path / "b"), board(built.board)
    small, large = (build(bundle, with_table(size), where, tmp_path / "out").sizes.flash for size in (1000, 5000))
    assert {part: large[part] - small[part] for part in large if large[part] != small[part]} == {"constants": 4000}


def test_a_rebuild_is_the_same_image_and_takes_no_time(tmp_path):
    bundle = standin.add_one_bundle(tmp_path / "b")
    first = build(bundle, standin.add_one(), board("pico"), tmp_path / "one")
    again = build(bundle, standin.add_one(), board("pico"), tmp_path / "two")
    assert first.build_id == again.build_id and first.elf.read_bytes() == again.elf.read_bytes()
    assert again.seconds < 1


def test_the_build_id_tells_images_apart(tmp_path):
    bundle = standin.add_one_bundle(tmp_path / "b")
    other = standin.add_one()
    other.files["model.c"] += "/* something else */\n"
    ids = [
        build(bundle, program, board(name), tmp_path / "out", optimize=optimize).build_id
        for program, name, optimize in [
            (standin.add_one(), "pico", "balanced"),
            (other, "pico", "balanced"),
            (standin.add_one(), "nrf52840", "balanced"),
            (standin.add_one(), "pico", "size"),
        ]
    ]
    assert len(set(ids)) == 4


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"constant_bytes": 3_000_000}, ["flash", "model constants 3000000", "has 2097152", "smaller vocabulary"]),
        ({"arena_bytes": 300_000}, ["RAM", "arena 300000", "stack 4096", "has 270336", "smaller arena"]),
        ({"state_bytes": 300_000}, ["RAM", "state 300000", "has 270336"]),
    ],
)
def test_a_model_that_does_not_fit_is_refused_before_compiling_with_the_numbers(tmp_path, sizes, words):
    program = standin.add_one(**sizes)
    program.files["model.c"] = "this is no C"
    with pytest.raises(FitError) as refusal:
        build(standin.add_one_bundle(tmp_path / "b"), program, board("pico"), tmp_path / "out")
    assert [word for word in words if word not in str(refusal.value)] == []
    assert not (tmp_path / "out").exists()


def _ram_sections(image: Path) -> set[str]:
    with image.open("rb") as file:
        return {section.name for section in ELFFile(file).iter_sections() if section["sh_addr"] >= 0x2000_0000}


@pytest.mark.parametrize(
    ("board_name", "options", "in_ram"),
    [
        ("pico", {}, True),
        ("pico", {"optimize": "size"}, False),
        ("pico", {"constants": "flash"}, False),
        ("nrf52840", {}, False),
        ("nrf52840", {"constants": "ram"}, True),
    ],
)
def test_constants_are_copied_to_ram_where_flash_is_slow(tmp_path, board_name, options, in_ram):
    result = build(standin.add_one_bundle(tmp_path / "b"), standin.add_one(), board(board_name), tmp_path / "out", **options)
    assert (".model.constants" in _ram_sections(result.elf)) == in_ram
    assert bool(result.sizes.ram["constants"]) == in_ram and result.sizes.flash["constants"]


def test_an_image_that_turns_out_too_large_is_refused_after_linking(tmp_path):
    program = standin.add_one()
    program.files["model.h"] = program.files["model.h"].replace("TL_ARENA_BYTES 16", "TL_ARENA_BYTES 266000")
    with pytest.raises(FitError, match=r"RAM \(.*arena 266016 \+ stack 4096 .* has 270336; \d+ too many"):
        build(standin.add_one_bundle(tmp_path / "b"), program, board("pico"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["mps2-an386", "mps2-an500", "esp32-c3"])
@pytest.mark.parametrize("language", [False, True])
def test_the_estimate_before_compiling_is_near_what_the_runtime_takes(name, language, tmp_path):
    """Never above what an image can do without, or models that fit would be refused."""
    bundle = standin.language_bundle(tmp_path / "b") if language else standin.add_one_bundle(tmp_path / "b")
    where, program = board(name), standin.language() if language else standin.add_one()
    sizes = build(bundle, program, where, tmp_path / "out").sizes
    runtime = sum(sizes.flash[part] for part in ("runtime", "startup", "libraries"))
    assert 0.8 * runtime < fit.RUNTIME_FLASH[where.core.isa, language] <= runtime
    assert 0.9 * sizes.ram["other"] < fit.RUNTIME_RAM[language] <= sizes.ram["other"]


def test_a_failed_compile_names_the_error_and_leaves_the_old_output(tmp_path):
    bundle = standin.add_one_bundle(tmp_path / "b")
    good = build(bundle, standin.add_one(), board("pico"), tmp_path / "out")
    bad = standin.add_one()
    bad.files["model.c"] += "int f(void) { return nothing_known; }\n"
    with pytest.raises(ToolError, match=r"^model.c: the compiler refused it: model.c:\d+:\d+: error: .*nothing_known"):
        build(bundle, bad, board("pico"), tmp_path / "out")
    assert json.loads((tmp_path / "out" / "build.json").read_text())["build_id"] == good.build_id
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "out"], "nothing is left beside the output"


def test_a_ctrl_c_leaves_nothing_half_written(tmp_path, monkeypatch):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(build_module, "_write_images", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build(standin.add_one_bundle(tmp_path / "b"), standin.add_one(), board("pico"), tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b"]


def test_an_output_directory_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"file/out: the output directory cannot be written .* --output"):
        build(standin.add_one_bundle(tmp_path / "b"), standin.add_one(), board("pico"), tmp_path / "file" / "out")
    with pytest.raises(InputError, match="the output path is a file"):
        build(standin.add_one_bundle(tmp_path / "b"), standin.add_one(), board("pico"), tmp_path / "file")


def test_without_a_compiler_the_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", _no_package)
    with pytest.raises(MissingError, match=r"no C compiler.*pip install ziglang") as missing:
        build(standin.add_one_bundle(tmp_path / "b"), standin.add_one(), board("pico"), tmp_path / "out")
    assert missing.value.exit_code == 3


def _no_package(name: str) -> str:
    import importlib.metadata

    raise importlib.metadata.PackageNotFoundError(name)


@pytest.mark.parametrize("optimize", ["size", "balanced", "speed"])
def test_every_level_of_optimisation_builds(tmp_path, optimize):
    for name in FIRST:
        bundle = standin.language_bundle(tmp_path / "b")
        assert build(bundle, standin.language(), board(name), tmp_path / "out", optimize=optimize).elf.exists()


def test_the_host_library_is_a_build_like_any_other(tmp_path):
    library = build_host(standin.add_one_bundle(tmp_path / "b"), standin.add_one(), tmp_path / "out")
    assert library.parent == tmp_path / "out" and library.stat().st_size > 1000
    assert stat.S_ISREG(library.stat().st_mode)


def test_the_esp32_c3_finds_the_words_of_direct_boot_and_loads_constants_through_the_data_window(tmp_path):
    """espressif/esp32c3-direct-boot-example: the ROM wants its magic twice; code is fetched at 0x42000000, data loaded at 0x3C000000."""
    built = build(standin.language_bundle(tmp_path / "b"), standin.language(), board("esp32-c3"), tmp_path / "out")
    assert struct.unpack("<2I", built.files["bin"].read_bytes()[:8]) == (0xAEDB041D, 0xAEDB041D)
    for section in ELFFile(io.BytesIO(built.elf.read_bytes())).iter_sections():
        if section["sh_flags"] & 2 and section["sh_size"] and section["sh_type"] != "SHT_NOBITS":
            windows = {".code": 0x42, ".vectors": 0x42, ".constants": 0x3C, ".data": 0x3F}
            window = next(value for key, value in windows.items() if section.name.endswith(key))
            assert section["sh_addr"] >> 24 == window, section.name
    with pytest.raises(InputError, match="--constants ram is not there for the Espressif ESP32-C3"):
        build(standin.add_one_bundle(tmp_path / "b"), standin.add_one(), board("esp32-c3"), tmp_path / "out", constants="ram")
