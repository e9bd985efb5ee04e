"""Landmark heatmaps: from a film to 19 points with confidences."""
