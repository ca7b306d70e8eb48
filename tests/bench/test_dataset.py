"""Labelled sets: read as the public sets are laid out, refused in one sentence otherwise."""

import zipfile
from pathlib import Path

import pytest

from tinylm.bench.dataset import load_dataset
from tinylm.errors import InputError


def folder(path: Path, labels: str | None, **files: bytes) -> Path:
    path.mkdir(exist_ok=True)
    for name, data in files.items():
        (path / f"{name}.bin").write_bytes(data)
    if labels is not None:
        (path / "y_labels.csv").write_text(labels)
    return path


def test_a_folder_in_the_order_of_its_labels(tmp_path: Path) -> None:
    samples = load_dataset(folder(tmp_path / "d", "b.bin,3,2\na.bin,3,0\n", a=b"12", b=b"34", other=b"1"), {2})
    assert [(sample.name, sample.label, sample.windows) for sample in samples] == [("b.bin", 2, [b"34"]), ("a.bin", 0, [b"12"])]


def test_windows_slide_over_a_file(tmp_path: Path) -> None:
    (sample,) = load_dataset(folder(tmp_path / "d", "a.bin,2,1,4,2\n", a=b"01234567"), {4})
    assert sample.windows == [b"0123", b"2345", b"4567"] and sample.label == 1


def test_a_zip_with_labels_in_the_names(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        for name in ("set/tst_000001_Left_2.bin", "set/tst_000000_Stop_7.bin", "set/readme.txt"):
            archive.writestr(name, b"xy")
    samples = load_dataset(tmp_path / "d.zip", {2})
    assert [(sample.name, sample.label) for sample in samples] == [("tst_000000_Stop_7.bin", 7), ("tst_000001_Left_2.bin", 2)]


@pytest.mark.parametrize(
    ("labels", "files", "words"),
    [
        ("a.bin,2,1\nmissing.bin,2,0\n", {"a": b"12"}, "names 'missing.bin', which is not there"),
        ("a.bin,2,1\n", {"a": b"123"}, "'a.bin' is an input of 3 bytes; the model takes 2"),
        ("a.bin,2,2\n", {"a": b"12"}, "line 1 is not 'file,classes,class'"),
        ("a.bin\n", {"a": b"12"}, "line 1 is not"),
        ("a.bin,2,x\n", {"a": b"12"}, "line 1 is not"),
        ("a.bin,2,1,2,0\n", {"a": b"12"}, "line 1 is not"),
        ("a.bin,2,1,2,1\n", {"a": b"1"}, "1 bytes, less than one window of 2"),
        ("", {"a": b"12"}, "no labelled inputs"),
        (None, {"a": b"12"}, "no labelled inputs"),
    ],
)
def test_what_is_wrong_with_a_set_is_said(tmp_path: Path, labels: str | None, files: dict[str, bytes], words: str) -> None:
    with pytest.raises(InputError) as raised:
        load_dataset(folder(tmp_path / "d", labels, **files), {2})
    assert words in str(raised.value)


def test_what_is_no_set(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder or zip"):
        load_dataset(tmp_path / "none", {2})
    (tmp_path / "file.zip").write_bytes(b"no zip")
    with pytest.raises(InputError, match="neither a folder nor a zip"):
        load_dataset(tmp_path / "file.zip", {2})
