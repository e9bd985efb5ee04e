"""Beginning a training with the weights of a model that was exported before.

An exported network has its batch norms folded into the convolutions before them. They are put back
so that the network reads as the model does: each channel of a convolution is scaled to the norm
that a fresh one has, and its batch norm gets the statistics that it then meets on some views.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from pipelines.errors import ModelInvalid
from pipelines.models import read_manifest
from pipelines.pano.training.augment import View
from pipelines.pano.training.network import PanoNet
from pipelines.training.onnx_file import HALF

_FIRST = "networks.0.network"
_NORM = 3**-0.5  # of a channel's weights, about, as torch draws them


def begin_with(network: PanoNet, folder: Path, views: Sequence[View]) -> None:
    """Give a network the weights of a model; of a mean of several networks, those of the first.

    Args:
        network: Of the shape of the model's; changed in place.
        folder: The model's folder.
        views: What the batch norms meet: some views of the films to learn from.

    Raises:
        ModelInvalid: The model is missing, or is no network of this shape.
    """
    path = folder / read_manifest(folder).file
    try:
        graph = onnx.load(path).graph
    except (OSError, ValueError) as error:
        raise ModelInvalid(f"{path.name} cannot be begun with") from error
    known = {one.name.removesuffix(HALF): torch.tensor(numpy_helper.to_array(one)).float()
             for one in graph.initializer}  # fmt: skip
    pairs = list(_folded(network))
    try:
        with torch.no_grad():
            for name, conv, norm in pairs:
                conv.weight.copy_(known[f"{_FIRST}.{name}.weight"])
                norm.bias.copy_(known[f"{_FIRST}.{name}.weight_bias"])
                norm.reset_running_stats()
                norm.weight.copy_(torch.sqrt(norm.running_var + norm.eps))
            for name, head in (("fine", network.fine), ("coarse", network.coarse)):
                if head is not None and head.bias is not None:
                    head.weight.copy_(known[f"{_FIRST}.{name}.weight"])
                    head.bias.copy_(known[f"{_FIRST}.{name}.bias"])
    except (KeyError, RuntimeError) as error:
        raise ModelInvalid(f"{path.name} is no network of this shape: {error}") from error
    _put_back(network, pairs, torch.stack([view.film for view in views]))


def _folded(network: PanoNet) -> Iterator[tuple[str, nn.Conv2d, nn.BatchNorm2d]]:
    """Each convolution with its name and the batch norm behind it."""
    for (name, conv), (_, norm) in pairwise(network.named_modules()):
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            yield name, conv, norm


def _put_back(
    network: PanoNet, pairs: Sequence[tuple[str, nn.Conv2d, nn.BatchNorm2d]], films: Tensor
) -> None:
    met: dict[nn.Module, tuple[Tensor, Tensor]] = {}

    def look(norm: nn.Module, given: tuple[Tensor, ...]) -> None:
        spread, mean = torch.var_mean(given[0], dim=(0, 2, 3))
        met[norm] = (mean, spread)

    hooks = [norm.register_forward_pre_hook(look) for _, _, norm in pairs]
    with torch.no_grad():
        network.eval()(films)
        for _, conv, norm in pairs:
            scale = _NORM / conv.weight.flatten(1).norm(dim=1).clamp_min(1e-6)
            mean, spread = met[norm][0] * scale, met[norm][1] * scale**2
            conv.weight.mul_(scale[:, None, None, None])
            norm.bias.add_(met[norm][0])
            norm.weight.copy_(torch.sqrt(spread + norm.eps) / scale)
            norm.running_mean.copy_(mean)
            norm.running_var.copy_(spread)
    for hook in hooks:
        hook.remove()
