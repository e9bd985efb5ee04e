"""The landmark network: a U-Net of residual blocks behind a stem that quarters the film."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDE = 4
_WIDTHS = (32, 48, 64, 96, 128)


class _Block(nn.Module):
    """Two 3×3 convolutions with a short cut."""

    def __init__(self, inside: int, outside: int, stride: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inside, outside, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outside),
            nn.ReLU(inplace=True),
            nn.Conv2d(outside, outside, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outside),
        )
        self.short = (
            nn.Identity()
            if (inside, stride) == (outside, 1)
            else nn.Conv2d(inside, outside, 1, stride)
        )

    def forward(self, features: Tensor) -> Tensor:
        """Map ``(films, inside, h, w)`` to ``(films, outside, h / stride, w / stride)``."""
        out: Tensor = functional.relu(self.body(features) + self.short(features))
        return out


class LandmarkNet(nn.Module):
    """Films ``(n, 1, rows, columns)`` in 0…1 to logits ``(n, landmarks, rows / 4, columns / 4)``.

    Rows and columns are multiples of 64.
    """

    def __init__(self, landmarks: int, widths: tuple[int, ...] = _WIDTHS) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, 16, 3, 2, 1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(inplace=True),
            nn.Conv2d(16, widths[0], 3, 2, 1, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(inplace=True),
            _Block(widths[0], widths[0]),
        )
        pairs = list(pairwise(widths))
        self.down = nn.ModuleList(
            nn.Sequential(_Block(wide, deep, stride=2), _Block(deep, deep)) for wide, deep in pairs
        )
        self.middle = nn.Sequential(nn.Dropout2d(0.1), _Block(widths[-1], widths[-1]))
        self.narrow = nn.ModuleList(nn.Conv2d(deep, wide, 1) for wide, deep in pairs)
        self.up = nn.ModuleList(_Block(wide, wide) for wide, _ in pairs)
        self.head = nn.Conv2d(widths[0], landmarks, 1)

    def forward(self, films: Tensor) -> Tensor:
        """Logits of the heatmaps."""
        features = self.stem((films - 0.5) * 4.0)
        skips = []
        for down in self.down:
            skips.append(features)
            features = down(features)
        features = self.middle(features)
        for narrow, up, skip in zip(
            reversed(self.narrow), reversed(self.up), reversed(skips), strict=True
        ):
            wider = functional.interpolate(
                narrow(features), scale_factor=2.0, mode="bilinear", align_corners=False
            )
            features = up(wider + skip)
        logits: Tensor = self.head(features)
        return logits


class HeatmapNet(nn.Module):
    """What is exported: the mean of some networks' probabilities, each heatmap summing to 1."""

    def __init__(self, networks: Sequence[LandmarkNet]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, films: Tensor) -> Tensor:
        """Films ``(n, 1, rows, columns)`` in 0…1 to ``(n, landmarks, rows / 4, columns / 4)``."""
        maps = [network(films) for network in self.networks]
        total = torch.stack([torch.softmax(one.flatten(2), dim=-1) for one in maps]).mean(0)
        return total.reshape(maps[0].shape)
