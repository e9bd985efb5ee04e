"""The metric filters of template.yaml, applied to log lines as CloudWatch does.

It knows of CloudWatch's pattern language what the template uses: comparisons of a field with a text
or a number, joined by ``&&`` and ``||`` and parentheses.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

from tests.template import of_type

_TERM = re.compile(r'\$\.(\w+)\s*(=|>)\s*("[^"]*"|\d+)')
_JOINTS = {"&&": " and ", "||": " or ", "{": "(", "}": ")", "(": "(", ")": ")"}

Sample = tuple[float, dict[str, Any]]


def matches(pattern: str, line: dict[str, Any]) -> bool:
    """Whether a log line is one that the filter takes."""
    rest = _TERM.sub(lambda term: str(_holds(term, line)), pattern)
    tokens = re.findall(r"True|False|&&|\|\||[{}()]|\S+", rest)
    expression = "".join(_JOINTS.get(token, token) for token in tokens)
    assert re.fullmatch(r"(True|False| and | or |[()])+", expression), pattern
    return bool(eval(expression))  # noqa: S307 - nothing but the words of the line above


def metrics_of(lines: Iterable[str]) -> dict[str, list[Sample]]:
    """Name → values with their dimensions, of a function's output."""
    found: dict[str, list[Sample]] = {}
    records = [json.loads(line) for line in lines if line.startswith("{")]
    for filtered in of_type("AWS::Logs::MetricFilter").values():
        [metric] = filtered["MetricTransformations"]
        for record in records:
            if matches(filtered["FilterPattern"], record):
                value = _value(metric["MetricValue"], record)
                dimensions = {
                    d["Key"]: _field(d["Value"], record) for d in metric.get("Dimensions", [])
                }
                found.setdefault(metric["MetricName"], []).append((value, dimensions))
    return found


def _holds(term: re.Match[str], line: dict[str, Any]) -> bool:
    name, operator, literal = term.groups()
    value, wanted = line.get(name), json.loads(literal)
    if operator == "=":
        return bool(value == wanted)
    return isinstance(value, int | float) and value > wanted


def _value(written: str, record: dict[str, Any]) -> float:
    return float(_field(written, record) if written.startswith("$.") else written)


def _field(written: str, record: dict[str, Any]) -> Any:
    return record[written.removeprefix("$.")]
