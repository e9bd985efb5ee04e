"""What is done to an exported network leaves what it computes as it was."""

import numpy as np
import onnxruntime
import pytest

onnx = pytest.importorskip("onnx", reason="training needs the train extra")

from pipelines.training.onnx_file import spread_softmax  # noqa: E402


def network(axis):
    films = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [2, 3, 4, 5])
        for name in ("film", "maps")
    ]
    node = onnx.helper.make_node("Softmax", ["film"], ["maps"], axis=axis)
    graph = onnx.helper.make_graph([node], "network", films[:1], films[1:])
    opset = onnx.helper.make_opsetid("", 18)
    return onnx.helper.make_model(graph, opset_imports=[opset], ir_version=9)


def run(model, film):
    [maps] = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"film": film})
    return maps


@pytest.mark.parametrize(("axis", "spread"), [(1, True), (2, True), (3, False), (-1, False)])
def test_a_softmax_over_channels_is_computed_by_its_parts(axis, spread):
    film = np.random.default_rng(1).normal(0, 40, (2, 3, 4, 5)).astype(np.float32)
    model = network(axis)
    before = run(model, film)
    spread_softmax(model.graph)
    onnx.checker.check_model(model)
    assert ("Softmax" not in [node.op_type for node in model.graph.node]) == spread
    assert np.allclose(run(model, film), before, atol=1e-6)
