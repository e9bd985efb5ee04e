"""An exported network as a file: no larger than it must be, and without traces of its making."""

import math
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

HALF = ".half"  # ends the name of weights that are stored in half the bytes
_LARGE = 1024  # weights for which that is worth it


def shrink(path: Path) -> None:
    """Leave out the exporter's notes, which quote the source's paths, and half of each weight."""
    model = onnx.load(path)
    graph = model.graph
    del graph.value_info[:]
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        del part.metadata_props[:]
        part.doc_string = ""
    for weights in list(graph.initializer):
        if weights.data_type == onnx.TensorProto.FLOAT and math.prod(weights.dims) > _LARGE:
            _halve(graph, weights)
    onnx.save(model, path)


def _halve(graph: onnx.GraphProto, weights: onnx.TensorProto) -> None:
    """Keep weights in half the bytes; whoever opens the model widens them again, once."""
    name = weights.name
    values = numpy_helper.to_array(weights).astype(np.float16)
    weights.CopyFrom(numpy_helper.from_array(values, f"{name}{HALF}"))
    widen = onnx.helper.make_node("Cast", [f"{name}{HALF}"], [name], to=onnx.TensorProto.FLOAT)
    graph.node.insert(0, widen)
