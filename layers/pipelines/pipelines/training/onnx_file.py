"""An exported network as a file: no larger than it must be, and without traces of its making."""

import math
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

HALF = ".half"  # ends the name of weights that are stored in half the bytes
_LARGE = 1024  # weights for which that is worth it


def shrink(path: Path) -> None:
    """Leave out the exporter's notes, and half of each weight."""
    model = onnx.load(path)
    graph = model.graph
    leave_out_notes(model)
    for weights in list(graph.initializer):
        if weights.data_type == onnx.TensorProto.FLOAT and math.prod(weights.dims) > _LARGE:
            _halve(graph, weights)
    onnx.save(model, path)


def leave_out_notes(model: onnx.ModelProto) -> None:
    """Take away what tools wrote about their work, which quotes the source's paths."""
    graph = model.graph
    used = {node.domain for node in graph.node}
    domains = [one for one in model.opset_import if one.domain in {"", *used}]
    del graph.value_info[:], model.opset_import[:]
    model.opset_import.extend(domains)
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        del part.metadata_props[:]
        part.doc_string = ""


def spread_softmax(graph: onnx.GraphProto) -> None:
    """Write a softmax over channels as what it is made of, which ONNX Runtime computes as it lies.

    Over any axis but the last, its own turns all numbers round before and after: for the columns of
    teeth that took longer than all convolutions of the quantised network.

    Args:
        graph: With the shapes of what lies between its nodes.
    """
    ranks = {
        value.name: len(value.type.tensor_type.shape.dim)
        for value in (*graph.value_info, *graph.output)
    }
    for place, node in reversed(list(enumerate(graph.node))):
        if node.op_type != "Softmax":
            continue
        [axis] = [attribute.i for attribute in node.attribute] or [-1]
        (given,), (made,) = node.input, node.output
        if axis in (-1, ranks.get(made, 0) - 1):
            continue
        axes, most, risen, total = (f"{made}.{part}" for part in ("axes", "most", "risen", "total"))
        graph.initializer.append(numpy_helper.from_array(np.array([axis], np.int64), axes))
        parts = [
            onnx.helper.make_node("ReduceMax", [given, axes], [most], name=most),
            onnx.helper.make_node("Sub", [given, most], [f"{risen}.log"], name=f"{risen}.log"),
            onnx.helper.make_node("Exp", [f"{risen}.log"], [risen], name=risen),
            onnx.helper.make_node("ReduceSum", [risen, axes], [total], name=total),
            onnx.helper.make_node("Div", [risen, total], [made], name=node.name),
        ]
        del graph.node[place]
        for part in reversed(parts):
            graph.node.insert(place, part)


def _halve(graph: onnx.GraphProto, weights: onnx.TensorProto) -> None:
    """Keep weights in half the bytes; whoever opens the model widens them again, once."""
    name = weights.name
    values = numpy_helper.to_array(weights).astype(np.float16)
    weights.CopyFrom(numpy_helper.from_array(values, f"{name}{HALF}"))
    widen = onnx.helper.make_node("Cast", [f"{name}{HALF}"], [name], to=onnx.TensorProto.FLOAT)
    graph.node.insert(0, widen)
