"""Text and JSON of the kinds that parsers stumble over."""

from hypothesis import strategies as st

# Halves of a pair are what JSON can say and Unicode cannot hold.
ODD_TEXT = st.text(st.characters(), max_size=40) | st.sampled_from(
    ("", "\ud800", "\0", "ZZPHI^MARKER", "../..", "1e999", "9" * 5000, "[" * 3000, "x - at `$.y`")
)
ODD_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ODD_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ODD_TEXT, inner, max_size=4),
    max_leaves=8,
)
