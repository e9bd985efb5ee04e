"""The 19 landmarks of the lateral cephalogram, in the order of the ISBI 2015 challenge."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LandmarkName:
    """One anatomical point.

    Attributes:
        abbreviation: As annotated data sets and formulas write it.
        name: As a report writes it.
    """

    abbreviation: str
    name: str


LANDMARKS: tuple[LandmarkName, ...] = (
    LandmarkName("S", "Sella"),
    LandmarkName("N", "Nasion"),
    LandmarkName("Or", "Orbitale"),
    LandmarkName("Po", "Porion"),
    LandmarkName("A", "Point A"),
    LandmarkName("B", "Point B"),
    LandmarkName("Pog", "Pogonion"),
    LandmarkName("Me", "Menton"),
    LandmarkName("Gn", "Gnathion"),
    LandmarkName("Go", "Gonion"),
    LandmarkName("L1", "Lower incisor"),
    LandmarkName("U1", "Upper incisor"),
    LandmarkName("UL", "Upper lip"),
    LandmarkName("LL", "Lower lip"),
    LandmarkName("Sn", "Subnasale"),
    LandmarkName("Pog'", "Soft-tissue pogonion"),
    LandmarkName("PNS", "Posterior nasal spine"),
    LandmarkName("ANS", "Anterior nasal spine"),
    LandmarkName("Ar", "Articulare"),
)

ABBREVIATIONS: tuple[str, ...] = tuple(landmark.abbreviation for landmark in LANDMARKS)
