"""The clinical analyses as a table: what each measures, its norms, and what a deviation means.

A norm stands here only where a second source gives the same numbers. Left out, so that a report
gives the value without norm and z-score:

* McNamara's A and Pog to the perpendicular: the published tables in use contradict each other.
* The deviation of Downs's mandibular plane: he gives the range 17–28°, and that is the range here.
  (Of his A-B plane, some give a deviation of 3.7° in place of the 4.6° that stands here.)
* A mean of S-Go/N-Me: Jarabak gives bounds.

McNamara's lengths are those of the Ann Arbor sample on films enlarged by 8 %; here they are divided
by 1.08, because a film with a known scale is measured in true millimetres.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pipelines.ceph.analyses import formulas
from pipelines.ceph.analyses.formula import Formula
from pipelines.ceph.analyses.quantity import Unit


class Sex(StrEnum):
    """Whose norms to compare with, where they differ."""

    FEMALE = "female"
    MALE = "male"


@dataclass(frozen=True)
class Norm:
    """What is usual.

    Attributes:
        low: Below it, a value is read as small.
        high: Above it, a value is read as large.
        mean: Of the sample.
        sd: Its standard deviation.
    """

    low: float
    high: float
    mean: float | None = None
    sd: float | None = None

    def place(self, value: float) -> int:
        """Whether a value is small (0), usual (1) or large (2); the bounds are usual."""
        return 1 + (value > self.high) - (value < self.low)


@dataclass(frozen=True)
class Measure:
    """One measurement of an analysis.

    Attributes:
        name: As its author abbreviates it.
        unit: Of its value.
        formula: Points to value.
        norm: For both sexes, or by sex, or None where none is confirmed.
        readings: Words for small, usual and large.
    """

    name: str
    unit: Unit
    formula: Formula
    norm: Norm | Mapping[Sex, Norm] | None = None
    readings: tuple[str, str, str] = ("small", "usual", "large")

    def norm_of(self, sex: Sex | None) -> Norm | None:
        """The norm for a sex; where norms differ by sex and it is not known, none."""
        if self.norm is None or isinstance(self.norm, Norm):
            return self.norm
        return None if sex is None else self.norm[sex]


@dataclass(frozen=True)
class Verdict:
    """What one measurement says of the whole face.

    Attributes:
        measure: By whose norm.
        words: For small, usual and large.
    """

    measure: Measure
    words: tuple[str, str, str]


@dataclass(frozen=True)
class Analysis:
    """Measurements that one author put together.

    Attributes:
        name: By whom it is known.
        source: Of its norms.
        measures: What it measures, as far as 19 landmarks allow.
    """

    name: str
    source: str
    measures: tuple[Measure, ...]


def _normal(mean: float, sd: float) -> Norm:
    return Norm(round(mean - sd, 1), round(mean + sd, 1), mean, sd)


_ENLARGEMENT = 1.08


def _enlarged(mean_mm: float, sd_mm: float) -> Norm:
    return _normal(round(mean_mm / _ENLARGEMENT, 1), round(sd_mm / _ENLARGEMENT, 1))


_MAXILLA = ("retrognathic maxilla", "normal maxilla", "prognathic maxilla")
_MANDIBLE = ("retrognathic mandible", "normal mandible", "prognathic mandible")
_CLASS = ("skeletal class III", "skeletal class I", "skeletal class II")
_PLANE = ("low mandibular plane angle", "normal mandibular plane angle",
          "high mandibular plane angle")  # fmt: skip
_CARRIED = ("mandible carried forward", "normal position of the mandible",
            "mandible carried back")  # fmt: skip
_GROWTH = ("horizontal growth", "normal growth", "vertical growth")

ANB = Measure("ANB", Unit.DEGREE, formulas.anb, _normal(2.0, 2.0), _CLASS)
BJORK_SUM = Measure("sum", Unit.DEGREE, formulas.bjork_sum, _normal(396.0, 6.0), _GROWTH)
# Usual is 0.62–0.65; only below 0.60 growth is clockwise.
FACE_HEIGHT_RATIO = Measure(
    "S-Go/N-Me", Unit.RATIO, formulas.face_height_ratio, Norm(0.60, 0.65),
    ("clockwise, vertical growth", "neutral growth", "counter-clockwise, horizontal growth"),
)  # fmt: skip

ANALYSES: tuple[Analysis, ...] = (
    Analysis(
        "Steiner",
        "Steiner CC. Cephalometrics for you and me. Am J Orthod 1953;39:729–755",
        (
            Measure("SNA", Unit.DEGREE, formulas.sna, _normal(82.0, 2.0), _MAXILLA),
            Measure("SNB", Unit.DEGREE, formulas.snb, _normal(80.0, 2.0), _MANDIBLE),
            ANB,
            Measure("SN-GoGn", Unit.DEGREE, formulas.sn_gogn, _normal(32.0, 5.0), _PLANE),
        ),
    ),
    Analysis(
        "Downs",
        "Downs WB. Variations in facial relationships: their significance in treatment and "
        "prognosis. Am J Orthod 1948;34:812–840",
        (
            Measure(
                "facial angle", Unit.DEGREE, formulas.facial_angle, _normal(87.8, 3.6), _MANDIBLE
            ),
            Measure(
                "convexity", Unit.DEGREE, formulas.convexity, _normal(0.0, 5.1),
                ("concave profile", "straight profile", "convex profile"),
            ),
            Measure(
                "A-B plane", Unit.DEGREE, formulas.ab_plane, _normal(-4.6, 4.6),
                ("class II tendency", "class I", "class III tendency"),
            ),
            Measure("Y-axis", Unit.DEGREE, formulas.y_axis, _normal(59.4, 3.8), _GROWTH),
            Measure(
                "mandibular plane", Unit.DEGREE, formulas.mandibular_plane,
                Norm(17.0, 28.0, mean=21.9), _PLANE,
            ),
        ),
    ),
    Analysis(
        "Tweed",
        "Tweed CH. The Frankfort-mandibular incisor angle (FMIA) in orthodontic diagnosis, "
        "treatment planning and prognosis. Angle Orthod 1954;24:121–169",
        (Measure("FMA", Unit.DEGREE, formulas.mandibular_plane, _normal(25.0, 5.0), _PLANE),),
    ),
    Analysis(
        "McNamara",
        "McNamara JA. A method of cephalometric evaluation. Am J Orthod 1984;86:449–469, adults of "
        "Ann Arbor, lengths divided by the films' enlargement of 1.08",
        (
            Measure("A to N-perpendicular", Unit.MILLIMETRE, formulas.a_to_n_perpendicular),
            Measure("Pog to N-perpendicular", Unit.MILLIMETRE, formulas.pog_to_n_perpendicular),
            Measure(
                "ANS-Me", Unit.MILLIMETRE, formulas.lower_face_height,
                {Sex.FEMALE: _enlarged(66.7, 4.1), Sex.MALE: _enlarged(74.6, 5.0)},
                ("short lower face", "normal lower face height", "long lower face"),
            ),
        ),
    ),
    Analysis(
        "Björk–Jarabak",
        "Björk A. The face in profile. Svensk Tandläkare-Tidskrift 1947;40 suppl 5B; Jarabak JR, "
        "Fizzell JA. Technique and treatment with light-wire edgewise appliances. Mosby 1972",
        (
            Measure("N-S-Ar", Unit.DEGREE, formulas.saddle, _normal(123.0, 5.0), _CARRIED),
            Measure("S-Ar-Go", Unit.DEGREE, formulas.articular, _normal(143.0, 6.0), _CARRIED),
            Measure("Ar-Go-Me", Unit.DEGREE, formulas.gonial, _normal(130.0, 7.0), _GROWTH),
            BJORK_SUM,
            FACE_HEIGHT_RATIO,
        ),
    ),
)  # fmt: skip

SKELETAL_CLASS = (Verdict(ANB, ("III", "I", "II")),)
"""The skeletal class by ANB: I from 0° to 4°, II above, III below (Steiner 1953)."""

GROWTH_PATTERN = (
    Verdict(BJORK_SUM, ("horizontal", "normal", "vertical")),
    # A short posterior height is what a large sum is: the order is the other way round.
    Verdict(FACE_HEIGHT_RATIO, ("vertical", "normal", "horizontal")),
)
"""The direction of growth by Björk's sum: horizontal below 390°, vertical above 402°.

Where the sum is not defined, by S-Go/N-Me: vertical below 0.60, horizontal above 0.65.
"""

_APEX = "needs the axis of the {} incisor, and the 19 landmarks have only its tip"
_CONDYLE = "needs Condylion, which is none of the 19 landmarks"

NOT_MEASURABLE: Mapping[str, str] = {
    "U1-SN": _APEX.format("upper"),
    "IMPA": _APEX.format("lower"),
    "interincisal angle": _APEX.format("upper and the lower"),
    "Co-A": _CONDYLE,
    "Co-Gn": _CONDYLE,
    "facial axis": "needs Basion and the pterygoid point, which are none of the 19 landmarks",
    "Wits": "needs the occlusal plane, and the 19 landmarks have no molars",
    "E-line": "needs the tip of the nose, which is none of the 19 landmarks",
}
"""What belongs to these analyses and cannot be measured on 19 landmarks, and why."""
