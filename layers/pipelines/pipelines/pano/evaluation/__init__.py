"""Annotated panoramics, and how well a reading agrees with them."""
