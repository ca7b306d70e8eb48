import numpy as np
import pytest

from tests.firmware import standin
from tinylm.errors import InputError
from tinylm.firmware.build import build_host
from tinylm.targets.host import HostModel, HostStream


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("host")
    return build_host(standin.language_bundle(folder / "b"), standin.language(), folder / "out")


def test_the_model_is_a_function_with_state(library):
    model, reference = HostModel(library), standin.LanguageReference()
    for token in (1, 10, 3):
        (logits,) = model.invoke([np.array([[token]], dtype=np.int32)])
        assert logits.dtype == np.int8 and logits.tobytes() == reference.step(token)
    model.reset()
    assert model.invoke([np.array([1], dtype=np.int32)])[0].tobytes() == standin.LanguageReference().step(1)
    assert model.arena_intact()


def test_tensors_carry_their_names_and_quantisation(library):
    (token,), (logits,) = HostModel(library).inputs, HostModel(library).outputs
    assert (token.name, token.array.dtype, token.array.size) == ("token", np.int32, 1)
    assert (logits.name, logits.array.size, logits.zero_point) == ("logits", 20, 0) and logits.scale == pytest.approx(0.1)


def test_outputs_are_copies(library):
    model = HostModel(library)
    first = model.invoke([np.array([1], dtype=np.int32)])[0]
    before = first.copy()
    model.invoke([np.array([2], dtype=np.int32)])
    assert np.array_equal(first, before)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ([], "0 inputs given, the model has 1"),
        ([np.zeros(2, np.int32)], "2 of int32"),
        ([np.zeros(1, np.int8)], "1 of int8 given, wanted 1 of int32"),
    ],
)
def test_inputs_that_do_not_match_are_refused(library, inputs, words):
    with pytest.raises(InputError, match=words):
        HostModel(library).invoke(inputs)


def test_the_stream_reads_like_a_serial_port(library):
    stream = HostStream(library, timeout=1)
    greeting = stream.read(stream.in_waiting)
    assert greeting.startswith(b"m-timestamp-mode-performance\r\n") and greeting.endswith(b"m-ready\r\n")
    assert stream.read(1) == b"" and stream.in_waiting == 0
    assert stream.write(b"name%") == 5
    assert stream.read(2) == b"m-" and stream.read(9) == b"name-dut-"
    stream.reset_input_buffer()
    assert stream.in_waiting == 0
    stream.close()


def test_two_models_built_at_one_path_are_two_devices(tmp_path):
    path = build_host(standin.language_bundle(tmp_path / "a"), standin.language(), tmp_path / "out")
    first = HostModel(path)
    assert build_host(standin.add_one_bundle(tmp_path / "b"), standin.add_one(), tmp_path / "out") == path
    second = HostModel(path)
    assert second.invoke([np.arange(8, dtype=np.int8)])[0].tobytes() == bytes(range(1, 9))
    assert first.invoke([np.array([1], dtype=np.int32)])[0].tobytes() == standin.LanguageReference().step(1)


def test_a_file_that_is_no_library_is_refused(tmp_path):
    (tmp_path / "x.so").write_bytes(b"no")
    with pytest.raises(InputError, match="cannot be loaded as a library"):
        HostModel(tmp_path / "x.so")
