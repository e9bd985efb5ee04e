"""The card of the pano models: what they are for, what they were fitted to, how well they read."""

from collections.abc import Mapping
from typing import Any

from pipelines.calibration import table
from pipelines.models import Manifest

_TEXT = """\
# pano: {versions}

Reads panoramic radiographs. The teeth module is {networks} on {canvas} pixels that maps
upper and lower teeth, their cores, their columns along the jaw, and restorations; the cores' hills
become teeth, and dynamic programming with the statistics of complete tooth layouts numbers them.
{caries_module}
Rules turn what was read into the report.

## Licence and use

{licence}
To use the service on patients, train on your own annotated films and validate the result.

## Data

Teeth and restorations: {teeth_data}
{caries_data}
The films come from public research collections (AKUDENTAL, dual-labelled panoramics, a collection
of caries masks), most of which state no licence; the layouts are outlines without films.
{left_out_films}; the manifests list them by the SHA-256 of their
files. Films drawn by `pipelines.pano.synthetic` show no patient.

## Training

    {command}

Teeth are learned in three parts: from films drawn about layouts only; from annotated films and
a few drawn ones; then also from what the network itself reads on the data set's further films,
where it is sure. Caries begins with what the network for teeth knows of films. The same command
trains on own films: `pipelines.pano.evaluation.dataset` describes the format.{remark}

## Figures

Measured by `xray evaluate pano`
{how},
and apart from them on synthetic ones by `xray evaluate pano --drawn {drawn}`, which say nothing
about real ones. A number is right where the outline with that number overlaps the true one by an
IoU of at least 0.5. Calibration of the confidences and the bound of rejection were taken from the
same films; neither changes these figures.

| films | number | teeth | tooth Dice | precision | recall | F1 | F1 by boxes | found, any number |
|---|---|---|---|---|---|---|---|---|
{rows}

| tooth | real: teeth | precision | recall | F1 | synthetic: F1 |
|---|---|---|---|---|---|
{types}

{caries_figures}Restorations on the films where they were outlined, Dice over all pixels:
{restorations}.

{by_fold}A tooth's `confidence` is the probability that tooth and number are right. Whether it
holds, each film's by a calibration on the others:

| teeth | mean confidence | share right |
|---|---|---|
{reliability}

## Gate

Refused as no panoramic: films narrower than 1.3 or wider than 3.2 times their height, with fewer
than four teeth found, or on whose teeth the network is on average less sure than {rejection}, four
fifths of what it is on the least certain of these films. A cephalogram is refused by its shape. Of
synthetic films of other kinds in the shape of a panoramic were refused: {gate}.

## Where it fails

- Little material: {n_train} films taught the teeth. Other machines, children (primary teeth are
  left without a number or numbered as permanent ones), edentulous jaws and phone photographs were
  not measured. An edentulous film is refused.
- Films with few teeth and long bridges are read worst: pontics are no teeth, but may be read as
  such, and numbers beside long gaps may be off by one. Roots under crowns and third molars out of
  line are the teeth most often lost.
- Restorations are found, but hardly told apart: a large filling is called a bridge, a single crown
  a filling, and implants under crowns are taken for parts of a bridge or for teeth. The training
  films disagree on whether a filling belongs to the outline of its tooth.
- Root-canal fillings, residual roots, periapical lesions and bone loss are not told: no material.
  `impacted`, `missing`, and the choice between crown and bridge are rules of geometry, not
  measured. The severity of caries is the share of the tooth that it covers, not its depth.
- Cortical width as a screen of bone density is left out: no film with a known scale or measured
  cortex was at hand to hold it to.
"""


_HOW_SPLIT = "on films that were never trained on"
_HOW_FOLDS = "on films, each read by the one network that was not trained on it"

_ONE_SPLIT = """\
Not cross-validated: these are the figures of one split of few films, and another split would give
others. `--folds` measures that.

"""


_FOLDS = """\
By fold: tooth Dice {tooth}, F1 of the numbers {number}, caries Dice {caries}. These are the figures
of single networks; their mean, which is the model, has seen all of these films.

"""


def card(manifests: Mapping[str, Manifest], drawn: int, remark: str = "") -> str:
    """The card, as Markdown; every figure comes from the manifests.

    Args:
        manifests: Of ``teeth`` and ``caries``.
        drawn: How many synthetic films were measured.
        remark: Sentences about the training.
    """
    teeth, caries = manifests["teeth"], manifests.get("caries")
    real, synthetic = _real(teeth), teeth.metrics["synthetic"]
    folds = len(teeth.members)
    return _TEXT.format(
        versions=", ".join(f"{one.name} {one.version}" for one in manifests.values()),
        networks=f"the mean of {folds} U-Nets" if folds else "a U-Net",
        canvas="×".join(map(str, teeth.input.shape[2:])),
        **_caries_words(caries),
        licence=teeth.licence,
        teeth_data=teeth.training.data,
        left_out_films=_left_out_films(teeth, caries),
        how=_HOW_FOLDS if folds else _HOW_SPLIT,
        command=teeth.training.command,
        drawn=drawn,
        rows="\n".join([_row("real", real), _row("synthetic", synthetic)]),
        types="\n".join(_type_row(kind, real, synthetic) for kind in real["per_tooth_type"]),
        restorations=", ".join(f"{k} {v}" for k, v in real["restoration_dice"].items()),
        by_fold=_by_fold(real) if folds else _ONE_SPLIT,
        reliability=table(teeth.metrics["reliability"]),
        rejection=teeth.rejection,
        remark=f" {remark}" if remark else "",
        gate=", ".join(
            f"{one['refused']} of {one['n']} ({kind})"
            for kind, one in teeth.metrics["gate"].items()
        ),
        n_train=len(teeth.training.films),
    )


def _real(manifest: Manifest) -> dict[str, Any]:
    """The figures on real films, whichever way they were measured."""
    key = "cross_validation" if manifest.members else "held_out"
    figures: dict[str, Any] = manifest.metrics[key]
    return figures


def _left_out_films(teeth: Manifest, caries: Manifest | None) -> str:
    if teeth.members:
        return "Each film was left out by one network"
    also = f", {len(caries.training.held_out)} with masks of caries" if caries else ""
    return (
        f"Held out: {len(teeth.training.held_out)} films with outlined teeth{also}, the same share "
        "of each source"
    )


def _caries_words(caries: Manifest | None) -> dict[str, str]:
    """What the card says of caries, if there is a model for it."""
    if caries is None:
        module = "Caries is not read: no model is shipped, and reports say so in `modules`."
        return {"caries_module": module, "caries_data": "", "caries_figures": ""}
    figures, canvas = _real(caries), "×".join(map(str, caries.input.shape[2:]))
    kind = "The caries module is another on" if not caries.members else (
        f"The caries module is the mean of {len(caries.members)} others on"
    )  # fmt: skip
    return {
        "caries_module": f"{kind} {canvas} pixels.",
        "caries_data": f"Caries: {caries.training.data}",
        "caries_figures": f"Caries, {figures['n_caries_films']} films: Dice "
        f"{figures['caries_dice']} as the mean over films, {figures['caries_dice_pooled']} over "
        "all pixels. ",
    }


def _by_fold(figures: dict[str, Any]) -> str:
    keys = {"tooth": "tooth_dice", "number": "numbering_f1", "caries": "caries_dice"}
    return _FOLDS.format(
        **{word: ", ".join(map(str, figures[f"{key}_by_fold"])) for word, key in keys.items()}
    )


def _row(title: str, figures: dict[str, Any]) -> str:
    keys = ("n_films", "n_teeth", "tooth_dice", "numbering_precision", "numbering_recall",
            "numbering_f1", "numbering_f1_boxes", "separation_recall")  # fmt: skip
    return f"| {title} | " + " | ".join(str(figures[key]) for key in keys) + " |"


def _type_row(kind: str, real: dict[str, Any], synthetic: dict[str, Any]) -> str:
    one, other = real["per_tooth_type"][kind], synthetic["per_tooth_type"][kind]
    cells = [one["n_teeth"], one["numbering_precision"], one["numbering_recall"],
             one["numbering_f1"], other["numbering_f1"]]  # fmt: skip
    return f"| {kind} | " + " | ".join(str(cell) for cell in cells) + " |"
