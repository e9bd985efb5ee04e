"""Upper and lower jaw with their teeth.

All coordinates are mm, origin Sella, x towards Nasion, y down.
"""

# ruff: noqa: RUF005  # numpy adds the offset (x, y) to a point; nothing is concatenated

import numpy as np

from pipelines.ceph.synthetic.sheet import Curve, Sheet, smooth

Face = dict[str, Curve]

# From the edge of a tooth to its apex; medians of 128 persons of published growth studies.
_UPPER_AXIS = np.array([-5.4, -23.9])
_LOWER_AXIS = np.array([-12.8, 18.4])
_TO_MOLAR = np.array([-26.0, -6.0])  # from the incisors' edges to the first molars' cusps
# Half widths of a tooth along its length, both as fractions: of one that cuts, of one that grinds.
Form = tuple[tuple[float, float], ...]
_CUTTING: Form = ((0.0, 0.1), (0.12, 0.3), (0.3, 0.5), (0.45, 0.46), (0.75, 0.28), (1.0, 0.06))
_GRINDING: Form = ((0.0, 0.42), (0.1, 0.5), (0.25, 0.5), (0.38, 0.42), (0.7, 0.32), (1.0, 0.1))
# Width and length of canine, premolars and molars, mm.
_BACK_TEETH = ((7.5, 25.0), (7.0, 21.0), (6.8, 20.5), (10.0, 20.0), (9.5, 19.0))


def paint_jaws(sheet: Sheet, face: Face, chance: np.random.Generator) -> None:
    """Paint both jaws and the teeth; right and left side nearly cover each other."""
    density = chance.uniform(0.8, 1.25)
    _maxilla(sheet, face, density)
    apart = chance.uniform(0, 1.0)
    for side in (-1, 1):
        _mandible(sheet, face, side * apart, density)
    _symphysis(sheet, face, density)
    for side in (-1, 1):
        _back_teeth(sheet, face, side * chance.uniform(0, 1.2), chance)
    _tooth(sheet, face["U1"], face["U1"] + _tilted(_UPPER_AXIS, chance), 6.0, _CUTTING)
    _tooth(sheet, face["L1"], face["L1"] + _tilted(_LOWER_AXIS, chance), 5.0, _CUTTING)


def _tilted(axis: Curve, chance: np.random.Generator) -> Curve:
    angle = np.radians(chance.normal(0, 5))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    tilted: Curve = turn @ axis
    return tilted


def _maxilla(sheet: Sheet, face: Face, density: float) -> None:
    ans, pns, a, u1 = (face[name] for name in ("ANS", "PNS", "A", "U1"))
    alveolus = 0.45 * u1 + 0.55 * a + (2.0, 0.0)
    ridge = u1 + 1.45 * _TO_MOLAR + (0, -9)
    body = smooth(
        [ans, 0.5 * (ans + a) + (-1.6, 0), a, alveolus, alveolus + (-4, 1), ridge, pns + (3, 10),
         pns, 0.5 * (ans + pns) + (0, -0.6)],
        closed=True,
    )  # fmt: skip
    sheet.fill(body, 0.3 * density, 0.5, grain=0.06)
    front = smooth([ans, 0.5 * (ans + a) + (-1.6, 0), a, alveolus])
    sheet.stroke(front, 0.3 * density, 0.8)
    palate = smooth([pns, 0.6 * pns + 0.4 * ans + (0, -0.8), 0.25 * pns + 0.75 * ans, ans])
    sheet.stroke(palate, 0.5 * density, 1.3)
    sheet.stroke(palate[4:-6] + (0, 2.6), 0.25 * density, 0.8)
    # Behind the jaw the pterygoid fissure, a drop, points down at the spine of the palate.
    drop = pns + smooth([(0, -1), (-3, -10), (-2, -19), (3, -20), (4, -12)], closed=True)
    sheet.fill(drop, -0.15, 0.8)
    sheet.stroke(drop, 0.22 * density, 0.8)
    antrum = smooth([pns + (6, -4), pns + (8, -22), ans + (-18, -20), ans + (-14, -4)], closed=True)
    sheet.fill(antrum, -0.16, 1.5)
    sheet.stroke(antrum, 0.12 * density, 0.6)


def _mandible(sheet: Sheet, face: Face, shift: float, density: float) -> None:
    ar, go, me = face["Ar"], face["Go"], face["Me"]
    middle = 0.5 * (ar + go)
    lower = go + 0.45 * (me - go) + (0, -1.5)
    behind = [ar + (5, -11), ar + (0.5, -6), ar, middle + (2.5, 0), go + (-0.2, -9), go]
    below = [go + (7, 6.5), lower, go + 0.75 * (me - go) + (0, 0.3), me]
    inside = [
        face["Gn"] + (-3, -4),
        0.5 * (face["L1"] + face["B"]) + (-6, 2),
        face["L1"] + 1.6 * _TO_MOLAR + (2, 8),
        ar + (29, 22),
        ar + (25, 4),
        ar + (21, -6),
        ar + (15, 3),
        ar + (10, -5),
    ]
    # The sides differ in the ramus; in the midline, at Menton, they are one bone.
    offset = np.array([shift, 0.6 * shift])
    outline = smooth([*(np.array(behind) + offset), *below, *inside], closed=True)
    sheet.fill(outline, 0.24 * density, 0.5, grain=0.03)
    border = smooth([*(np.array(behind) + offset), *below])
    sheet.stroke(border, 0.24 * density, 1.2)
    canal = smooth([ar + (14, 26), go + (22, -10), 0.45 * go + 0.55 * me + (6, -10)]) + offset
    sheet.stroke(canal, -0.1 * density, 1.6, 0.5)


def _symphysis(sheet: Sheet, face: Face, density: float) -> None:
    b, pog, gn, me, l1 = (face[name] for name in ("B", "Pog", "Gn", "Me", "L1"))
    top = 0.45 * l1 + 0.55 * b + (1.5, 0)
    front = [top, b, 0.5 * (b + pog) + (-0.2, 0), pog, gn, me]
    back = [me + (-6, -2), me + (-6, -9), 0.5 * (b + me) + (-8, -4), b + (-9, -6), top + (-6, -1)]
    outline = smooth([*front, *back], closed=True)
    sheet.fill(outline, 0.32 * density, 0.4, grain=0.06)
    sheet.stroke(smooth([*front, *back[:2]]), 0.35 * density, 1.3)
    sheet.stroke(smooth(back), 0.22 * density, 1.0)


def _tooth(sheet: Sheet, edge: Curve, apex: Curve, width: float, form: Form) -> None:
    along = apex - edge
    across = np.array([-along[1], along[0]]) / float(np.hypot(*along)) * width
    sides = [edge + along * down + across * half for down, half in form]
    others = [edge + along * down - across * half for down, half in reversed(form)]
    sheet.fill(smooth([*sides, *others], closed=True), 0.42, 0.3)
    # Enamel covers the crown; the pulp is the dark line in the root.
    sheet.fill(smooth([*sides[:4], *others[-4:]], closed=True), 0.28, 0.3)
    sheet.stroke(np.array([edge + along * 0.3, edge + along * 0.92]), -0.12, 1.0, 0.4)


def _back_teeth(sheet: Sheet, face: Face, shift: float, chance: np.random.Generator) -> None:
    step = _TO_MOLAR / float(np.hypot(*_TO_MOLAR))
    up = np.array([-step[1], step[0]])
    up = up if up[1] < 0 else -up
    bite = 0.5 * (face["U1"] + face["L1"]) + step * 5 + (shift, 0.3 * shift)
    metal = chance.random() < 0.3
    for number, (width, length) in enumerate(_BACK_TEETH):
        place = bite + step * width / 2
        bite = bite + step * width
        if chance.random() < 0.05:
            continue  # a gap
        for way in (up, -up):
            edge = place + way * 0.2
            apex = place + way * length + step * chance.normal(1.5, 1.0)
            _tooth(sheet, edge, apex, width, _GRINDING)
            if metal and number >= 3 and chance.random() < 0.5:
                filling = edge + way * 2 + smooth(chance.normal(0, 1.6, (6, 2)), closed=True)
                sheet.fill(filling, 2.0, 0.2)
