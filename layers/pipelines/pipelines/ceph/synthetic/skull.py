"""The skull: vault, base, sella, orbit, temporal bone and neck.

All coordinates are mm, origin Sella, x towards Nasion, y down. Numbers without a landmark are
offsets read off textbook drawings; only the landmarks themselves are exact.
"""

# ruff: noqa: RUF005  # numpy adds the offset (x, y) to a point; nothing is concatenated

import numpy as np

from pipelines.ceph.synthetic.sheet import Curve, Sheet, smooth

Face = dict[str, Curve]


def paint_skull(sheet: Sheet, face: Face, chance: np.random.Generator) -> None:
    """Paint everything of the skull that does not move with the jaws."""
    density = chance.uniform(0.8, 1.25)
    _vault(sheet, face, density, chance)
    _base(sheet, face, density, chance)
    _orbit(sheet, face, density, chance)
    _temporal(sheet, face, density, chance)
    _spine(sheet, face, density, chance)


def _vault(sheet: Sheet, face: Face, density: float, chance: np.random.Generator) -> None:
    nasion = face["N"]
    thick = chance.uniform(5, 8)
    outer = smooth(
        [
            nasion + (-2, 1),
            nasion + (2, -6),
            nasion + (4, -20 + chance.uniform(-2, 2)),
            nasion + (2, -45),
            nasion + (-6, -63),
            nasion + (-18, -77),
            nasion + (-48, -93),
            (-25, -100),
            (-85, -85),
            (-118, -35),
            (-110, 10),
            (-75, 32),
            (-32, 34),
            (0, 6),
            (30, -2),
        ],
        closed=True,
    )
    centre = np.array([-20.0, -35.0])
    away = outer - centre
    inner = centre + away * (1 - thick / np.linalg.norm(away, axis=1, keepdims=True))
    sheet.fill(outer, 0.55 * density, 0.5, grain=0.035 * density)
    sheet.fill(inner, -0.3 * density, 1.0)
    sheet.stroke(inner[:84], 0.25 * density, 0.9)
    sheet.stroke(outer[:84], 0.3 * density, 0.7)
    sinus = smooth(
        nasion + np.array([(-4, -6), (-1, -14), (-2, -24), (-6, -20), (-8, -10)])
        + chance.normal(0, 0.8, (5, 2)),
        closed=True,
    )  # fmt: skip
    sheet.fill(sinus, -0.25 * density, 0.5)
    sheet.stroke(sinus, 0.12 * density, 0.5)
    # The nasal bone: its upper end, where it meets the frontal bone, is Nasion.
    nose = smooth([nasion, nasion + (2.5, 6), nasion + (6, 15), nasion + (8, 19)])
    sheet.stroke(nose, 0.3 * density, 1.8, 0.5)
    sheet.stroke(nasion + np.array([(0.0, 0.0), (-5.0, 1.5)]), -0.25 * density, 0.7, 0.3)


def _base(sheet: Sheet, face: Face, density: float, chance: np.random.Generator) -> None:
    radius = chance.uniform(4.6, 6.2)
    angles = np.radians(np.linspace(-35, 215, 24))
    fossa = np.stack([np.cos(angles) * radius * 1.12, np.sin(angles) * radius], axis=1)
    front, back = fossa[0], fossa[-1]
    sheet.stroke(fossa, 0.5 * density, 1.0, 0.3)
    sheet.stroke(smooth([front, front + (-2, -2.0), front + (-3.5, -2)]), 0.4 * density, 1.4)
    sheet.stroke(smooth([back, back + (0.5, -3), back + (2, -3.5)]), 0.5 * density, 1.8)
    nasion = face["N"]
    planum = smooth([front, (14, -6.5), (28, -8), (44, -10), nasion + (-8, -12)])
    sheet.stroke(planum, 0.45 * density, 1.1)
    roof = smooth([(6, -8), (24, -13), (42, -18), nasion + (-7, -16)])
    for lift in (0.0, chance.uniform(1, 3)):
        sheet.stroke(roof - (0, lift), 0.25 * density, 0.9)
    clivus = smooth([back, (-9, 6), (-17, 18), (-29, 34), (-24, 34), (-13, 22), (-4, 8)])
    sheet.fill(clivus, 0.35 * density, 0.8)
    sheet.stroke(clivus[:37], 0.4 * density, 1.0)
    sinus = smooth([(-3, 8), (6, 6), (16, 0), (24, 2), (24, 14), (12, 18), (2, 16)], closed=True)
    sheet.fill(sinus, -0.18, 1.0)
    sheet.stroke(smooth([(-10, 22), (2, 19), (14, 20), (26, 16)]), 0.35 * density, 1.2)
    wing = smooth([(24, -12), (22, 0), (24, 12), (21, 22)])
    for shift in (0.0, chance.uniform(1.5, 4)):
        sheet.stroke(wing + (shift, 0), 0.3 * density, 0.9)


def _orbit(sheet: Sheet, face: Face, density: float, chance: np.random.Generator) -> None:
    lowest = face["Or"]
    rim = [(11, -26), (12, -16), (8, -5), (0, 0), (-9, -2), (-18, -8), (-24, -18)]
    sheet.fill(lowest + smooth(np.array([*rim, (-8, -30)]), closed=True), -0.12, 1.5)
    for side in (-1, 1):
        # The two orbits do not quite cover each other; the landmark is the middle of both.
        shift = side * np.array([chance.uniform(0, 1.2), chance.uniform(0, 0.5)])
        sheet.stroke(lowest + shift + smooth(rim[:5]), 0.28 * density, 1.0)
        sheet.stroke(lowest + shift + smooth(rim[4:]), 0.14 * density, 0.8)
        ridge = smooth([(-7, 1), (-9, 10), (-12, 20), (-17, 23), (-22, 15)])
        sheet.stroke(lowest + 2 * shift + ridge, 0.28 * density, 1.2)
    cheek = smooth([(-2, 1), (4, 6), (2, 18), (-8, 24), (-18, 18), (-14, 4)], closed=True)
    sheet.fill(lowest + cheek, 0.18 * density, 1.5)


def _temporal(sheet: Sheet, face: Face, density: float, chance: np.random.Generator) -> None:
    ear = face["Po"]
    petrous = smooth(
        [(-26, -14), (-10, -20), (6, -12), (20, -6), (14, 0), (4, 4), (-4, 16), (-16, 24),
         (-28, 16)],
        closed=True,
    )  # fmt: skip
    sheet.fill(ear + petrous, 0.6 * density, 2.0, grain=0.14 * density)
    canal = ear + (-8, chance.uniform(2, 5)) + _circle(chance.uniform(2.2, 3.2))
    sheet.fill(canal, -0.45 * density, 0.5)
    # The fossa of the jaw joint opens in front of the ear.
    fossa = smooth([(3, 2), (6, -5), (12, -6), (18, -1), (26, -4)])
    sheet.stroke(ear + fossa, 0.35 * density, 1.2)


def _spine(sheet: Sheet, face: Face, density: float, chance: np.random.Generator) -> None:
    top = face["Po"] + (-5, 26)
    lean = chance.uniform(-0.28, 0.05)
    gap = chance.uniform(15.2, 16.4)
    for number in range(7):
        down = number * gap
        # Below the second vertebra the neck curves backwards with the lean of the head.
        body = top + (down * lean - 0.0009 * down**2, down)
        box = np.array([(-6, -6), (0, -5), (6, -6), (5.2, 0), (6.6, 6), (0, 5), (-6, 6), (-5.4, 0)])
        if number == 0:
            box = np.array([(-2, -16), (3, -16), (4, -4), (7, 6), (0, 5), (-7, 6), (-4, -4)])
        outline = body + smooth(box * chance.uniform(0.95, 1.08), closed=True)
        sheet.fill(outline, 0.32 * density, 0.5, grain=0.05)
        sheet.stroke(outline, 0.2 * density, 0.7)
        arch = [(-5, -4), (-14, -2), (-22, 3), (-34, 8), (-35, 12), (-22, 9), (-12, 6), (-5, 5)]
        sheet.fill(body + smooth(arch, closed=True), 0.3 * density, 1.0)


def _circle(radius: float) -> Curve:
    angles = np.linspace(0, 2 * np.pi, 40)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1) * radius
