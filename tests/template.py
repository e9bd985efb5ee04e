"""template.yaml as the tests read it."""

import functools
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parent.parent


@functools.cache
def template() -> dict[str, Any]:
    """The template with its short-form functions as dictionaries."""
    parsed: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    return parsed


def properties_of(resource: str) -> dict[str, Any]:
    """The properties of a resource, as written."""
    found: dict[str, Any] = template()["Resources"][resource]["Properties"]
    return found


def default_of(parameter: str) -> Any:
    """A parameter's default."""
    return template()["Parameters"][parameter]["Default"]
