"""The model card: what a model is for, what it was fitted to, and how well it reads."""

from textwrap import fill
from typing import Any

from pipelines.calibration import table
from pipelines.ceph.landmarks import LANDMARKS
from pipelines.models import Manifest

_TEXT = """\
# {name} {version}

Finds {count} landmarks on a lateral cephalogram facing right. {networks} give{s} a heatmap for
each: {canvas} pixels in, {cells} cells out. A point is the mean of its heatmap about the peak.

## Licence and use

{licence}
To use the service on patients, train on your own annotated films and validate the result.

## Data

{data}

{trained} films were trained on and {held_out} held out; the manifest lists both by the SHA-256 of
their files. Synthetic films are drawn by `pipelines.ceph.synthetic`; they show no patient.

## Training

    {command}

To train on own films, name their folder, one with `annotations.json`, whose format stands in
`pipelines.ceph.evaluation.dataset`.

## Figures

Measured by `xray evaluate ceph` on films that were never trained on, and apart from them by
`xray evaluate ceph --drawn {drawn}` on synthetic ones, which say nothing about real ones.

| films | number | MRE mm | SD mm | ≤ 2 mm | ≤ 2.5 mm | ≤ 3 mm | ≤ 4 mm | mean error of angles |
|---|---|---|---|---|---|---|---|---|
{rows}

| landmark | held out: MRE mm | ≤ 2 mm | synthetic: MRE mm | ≤ 2 mm |
|---|---|---|---|---|
{landmarks}

{left_out}A landmark's `confidence` is the probability of lying within 2 mm of the truth, calibrated
on the held-out films at their scale. Whether it holds, each film's by a calibration on the others:

| landmarks | mean confidence | share within 2 mm |
|---|---|---|
{reliability}

A film whose heatmaps hold less than {rejection} of their mass about
their points, on average, is refused as no cephalogram; seven tenths of what the least certain
held-out film has.

## Where it fails

- Films that stand on their head or side are refused, not turned. Faces to the left are read in the
  mirror; a tilted head or a film cut close to the face is set upright and read a second time.
- Not measured: children, frontal films, machines and clinics other than those of the data, phone
  photographs of films, heads tilted by more than 20°, films cut through the face.
- Landmarks that dentists place differently (Gonion, Orbitale) are the least certain here too: see
  the table. Metal that hides the bone behind it hides its landmarks.
- Angles add up the errors of three points: a class at its border is not decided by them.
"""


_LEFT_OUT = """\
Cross-validation: {films} films, each read by the one network, alone, that was not trained on it.
MRE {mre_mm} mm (by fold {folds}), SD {sd_mm} mm, ≤ 2 mm {near} %, classes of the eight measures put
right {scr} %. The model, the mean of the networks, does better: see the films held out of all.

"""


def card(manifest: Manifest, networks: int) -> str:
    """The card of a model, as Markdown; every figure comes from its manifest.

    Args:
        manifest: Of the model.
        networks: How many the model is the mean of.
    """
    real, drawn = manifest.metrics["held_out"], manifest.metrics["synthetic"]
    return _TEXT.format(
        name=manifest.name,
        version=manifest.version,
        count=len(manifest.labels),
        networks="A U-Net" if networks == 1 else f"{networks} U-Nets, averaged,",
        s="s" if networks == 1 else "",
        left_out=_left_out(manifest.metrics.get("cross_validation")),
        reliability=table(manifest.metrics["reliability"]),
        canvas="×".join(map(str, manifest.input.shape[2:])),
        cells="×".join(map(str, manifest.output.shape[2:])),
        licence=fill(manifest.licence, 100),
        data=fill(manifest.training.data, 100),
        trained=len(manifest.training.films),
        held_out=len(manifest.training.held_out),
        command=manifest.training.command.replace(" && ", "\n    "),
        drawn=drawn["n_films"],
        rows="\n".join([_row("held out", real), _row("synthetic", drawn)]),
        landmarks="\n".join(
            _landmark_row(f"{one.abbreviation} {one.name}", one.abbreviation, real, drawn)
            for one in LANDMARKS
        ),
        rejection=manifest.rejection,
    )


def _left_out(figures: dict[str, Any] | None) -> str:
    if figures is None:
        return ""
    return _LEFT_OUT.format(
        films=figures["n_films"],
        mre_mm=figures["mre_mm"],
        folds=", ".join(map(str, figures["mre_mm_by_fold"])),
        sd_mm=figures["sd_mm"],
        near=figures["sdr"]["2.0"],
        scr=figures["scr"]["mean"]["accuracy"],
    )


def _row(title: str, figures: dict[str, Any]) -> str:
    shares = " | ".join(f"{share} %" for share in figures["sdr"].values())
    angles = ", ".join(f"{name} {value:.2f}°" for name, value in figures["angles_mae_deg"].items())
    return (
        f"| {title} | {figures['n_films']} | {figures['mre_mm']} | {figures['sd_mm']} "
        f"| {shares} | {angles} |"
    )


def _landmark_row(
    title: str, abbreviation: str, real: dict[str, Any], drawn: dict[str, Any]
) -> str:
    pair = (one["per_landmark"][abbreviation] for one in (real, drawn))
    cells = " | ".join(f"{one['mre_mm']} | {one['sdr']['2.0']} %" for one in pair)
    return f"| {title} | {cells} |"
