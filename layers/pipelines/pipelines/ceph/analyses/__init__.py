"""Cephalometric analyses of the 19 landmarks: the challenge's measures and the clinical ones."""

from pipelines.ceph.analyses.definitions import definitions
from pipelines.ceph.analyses.norms import Sex
from pipelines.ceph.analyses.report import analyse

__all__ = ["Sex", "analyse", "definitions"]
