"""Every instruction of an inference is put down to one layer and one kind."""

from __future__ import annotations

import pytest

from bench.counts import stored
from tinylm.bench.profile import KINDS, Layer, profile
from tinylm.bundle import load_bundle

pytest.importorskip("unicorn")


@pytest.fixture(scope="module", params=["nrf52840", "pico"])
def layers(request, tmp_path_factory) -> tuple[str, list[Layer]]:
    return request.param, profile(load_bundle("commands"), request.param, "balanced", tmp_path_factory.mktemp("profile") / "out")


def test_the_layers_add_up_to_what_the_watch_counts(layers: tuple[str, list[Layer]]):
    board, (*model, outside) = layers
    counted = stored()[f"commands {board}"]
    assert sum(layer.total for layer in model) == pytest.approx(counted["instructions"], rel=1e-3)
    assert sum(layer.cycles for layer in model) == pytest.approx(counted["cycles"], rel=2e-3)
    assert sum(layer.macs for layer in model) == counted["macs"]
    assert set(outside.instructions) == {"protocol"}


MOVES = ("GATHER", "CONCATENATION", "RESHAPE", "SLICE", "DYNAMIC_UPDATE_SLICE", "SELECT_V2")
MULTIPLIES = ("FULLY_CONNECTED", "BATCH_MATMUL", "DEPTHWISE_CONV_2D", "CONV_2D", "ATTENTION", "CAUSAL")


def test_a_layer_does_what_its_operator_says(layers: tuple[str, list[Layer]]):
    _, (*model, _) = layers
    assert any(layer.macs > 10_000 for layer in model)
    for layer in model:
        assert set(layer.instructions) <= set(KINDS)
        main = layer.instructions.most_common(1)[0][0]
        operator = layer.title.split()[1]
        if layer.kernel.endswith("_expand"):
            assert main == "movement" and not layer.macs, layer
        elif operator in MULTIPLIES:
            assert layer.instructions["products"], layer
            assert layer.macs < 5_000 or (main == "products" and layer.instructions["requantise"]), layer
        else:
            assert main == ("movement" if operator in MOVES else "elementwise"), layer
