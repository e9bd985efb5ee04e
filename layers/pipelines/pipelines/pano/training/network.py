"""The network of both pano modules: a U-Net on half the canvas's resolution."""

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTHS = (16, 32, 64, 96, 144)
STRIDE = 2  # canvas pixels per cell of the output


def _block(given: int, made: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for channels in (given, made):
        layers += [nn.Conv2d(channels, made, 3, padding=1, bias=False), nn.BatchNorm2d(made)]
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


class PanoNet(nn.Module):
    """Maps a film and its coordinates to fine and coarse maps.

    Input ``(n, 3, rows, columns)``: grey in 0…1, and x and y on the canvas in −1…1, without which
    left and right could not be told on a part of a film. Output ``(n, fine + coarse, rows / 2,
    columns / 2)``, logits. The coarse maps say what needs context more than sharpness.
    """

    def __init__(self, fine: int, coarse: int) -> None:
        super().__init__()
        self.coarse_maps = coarse
        self.stem = nn.Sequential(
            nn.Conv2d(3, WIDTHS[0], 5, stride=STRIDE, padding=2, bias=False),
            nn.BatchNorm2d(WIDTHS[0]),
            nn.ReLU(inplace=True),
        )
        self.down = nn.ModuleList(
            _block(given, made) for given, made in zip((WIDTHS[0], *WIDTHS), WIDTHS, strict=False)
        )
        self.up = nn.ModuleList(
            _block(here + below, here) for here, below in itertools.pairwise(WIDTHS)
        )
        self.fine = nn.Conv2d(WIDTHS[0], fine, 1)
        self.coarse = nn.Conv2d(WIDTHS[1], coarse, 1) if coarse else None

    def forward(self, films: Tensor) -> Tensor:
        """Logits of all maps."""
        x = self.stem(films)
        skipped = []
        for level, block in enumerate(self.down):
            x = block(functional.max_pool2d(x, 2) if level else x)
            skipped.append(x)
        context = x
        for level in range(len(self.up) - 1, -1, -1):
            x = functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
            x = self.up[level](torch.cat([x, skipped[level]], dim=1))
            if level == 1:
                context = x
        fine: Tensor = self.fine(x)
        if self.coarse is None:
            return fine
        coarse = functional.interpolate(
            self.coarse(context), scale_factor=2.0, mode="bilinear", align_corners=False
        )
        return torch.cat([fine, coarse], dim=1)


def coordinates(rows: int, columns: int) -> Tensor:
    """Both coordinates of a canvas's pixels, ``(2, rows, columns)`` in −1…1 from edge to edge."""
    ys = (torch.arange(rows) * 2 + 1) / rows - 1
    xs = (torch.arange(columns) * 2 + 1) / columns - 1
    y, x = torch.meshgrid(ys, xs, indexing="ij")
    return torch.stack([x, y])


class ExportNet(nn.Module):
    """What is exported: a whole canvas in, probabilities out.

    Input ``(n, 1, rows, columns)``. Output ``(n, fine + coarse, rows / 2, columns / 2)``: a
    sigmoid of each fine map, a softmax over the coarse ones.
    """

    def __init__(self, network: PanoNet, canvas: tuple[int, int]) -> None:
        super().__init__()
        self.network = network
        self.count = network.fine.out_channels
        x, y = coordinates(*canvas)
        # One row and one column: the whole maps would outweigh the network in the file.
        self.register_buffer("x", x[:1].reshape(1, 1, 1, -1).clone())
        self.register_buffer("y", y[:, :1].reshape(1, 1, -1, 1).clone())

    def forward(self, film: Tensor) -> Tensor:
        """Probabilities of all maps."""
        blank = film * 0.0  # spreads the coordinates when the network runs, not in the file
        logits = self.network(torch.cat([film, blank + self.x, blank + self.y], dim=1))
        fine = torch.sigmoid(logits[:, : self.count])
        if self.network.coarse is None:
            return fine
        return torch.cat([fine, torch.softmax(logits[:, self.count :], dim=1)], dim=1)


class MeanNet(nn.Module):
    """Several networks as one: their mean, and what each of them gives alone.

    Input and each output as of :class:`ExportNet`; of one network only its own maps.
    """

    def __init__(self, networks: Sequence[ExportNet]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, film: Tensor) -> tuple[Tensor, ...]:
        """Mean maps, then those of each network."""
        each = [network(film) for network in self.networks]
        return (torch.stack(each).mean(dim=0), *each) if len(each) > 1 else (each[0],)
