"""Annotated films and the metrics of the landmarks read on them."""
