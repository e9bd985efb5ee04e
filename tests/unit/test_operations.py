"""What an operator sees and reads: alarms, dashboard, metrics, and the page about them."""

import json
import re
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from tests.template import ROOT, of_type, on_cpu, resources

OPERATIONS = (ROOT / "docs/operations.md").read_text()
STACK = {"Ref": "AWS::StackName"}
# The command line's own, over several operations of the service.
OF_THE_COMMAND_LINE = {("logs", "tail"): {"--since", "--filter-pattern"}}
GLOBAL = {"--query", "--output"}


def alarms() -> dict[str, dict[str, Any]]:
    return of_type("AWS::CloudWatch::Alarm")


def made() -> dict[str, set[str]]:
    """The stack's own metrics: name → dimensions."""
    metrics = [f["MetricTransformations"][0] for f in of_type("AWS::Logs::MetricFilter").values()]
    assert all(metric["MetricNamespace"] == STACK for metric in metrics)
    return {m["MetricName"]: {d["Key"] for d in m.get("Dimensions", [])} for m in metrics}


def rows() -> dict[str, str]:
    """Alarm → its row of the page."""
    lines = [line for line in OPERATIONS.splitlines() if re.match(r"\| `\w+Alarm`", line)]
    return {name: line for line in lines for name in re.findall(r"`(\w+Alarm)`", line)}


def test_every_alarm_is_explained_and_every_explained_alarm_exists() -> None:
    assert set(rows()) == set(alarms())
    for name, row in rows().items():
        meaning, what_to_type = row.strip("| ").split(" | ")[1:]
        assert len(meaning) > 20, name
        assert "`" in what_to_type, name


def test_every_alarm_reaches_the_operator() -> None:
    told = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], []]}
    for alarm in alarms().values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == told


def test_there_is_an_alarm_for_everything_that_can_go_wrong() -> None:
    watched = {(alarm["MetricName"], *_watched(alarm)) for alarm in alarms().values()}
    for function in set(of_type("AWS::Lambda::Function")) - {"GpuInferFunction"}:
        assert {("Errors", function), ("Throttles", function)} <= watched
    for queue, properties in of_type("AWS::SQS::Queue").items():
        if "RedrivePolicy" in properties:
            assert ("ApproximateAgeOfOldestMessage", queue) in watched
    # Dead letters are settled within seconds: the log tells of them, and not their queue.
    own = {"5XXError", "CallbacksExhausted", "FilmsSentAgain", "TaskLetters", "ResultLetters"}
    assert own <= {name for name, *_ in watched}


def _watched(alarm: dict[str, Any]) -> list[str]:
    values = [dimension["Value"] for dimension in alarm.get("Dimensions", [])]
    return [v["Fn::GetAtt"][0] if "Fn::GetAtt" in v else v["Ref"] for v in map(on_cpu, values)][:1]


def test_every_alarm_on_the_stacks_own_metrics_has_one_that_is_made() -> None:
    own = [alarm for alarm in alarms().values() if alarm["Namespace"] == STACK]
    assert own
    for alarm in own:
        assert made()[alarm["MetricName"]] == {d["Name"] for d in alarm.get("Dimensions", [])}


def test_dimensions_are_few_and_name_nobody() -> None:
    assert set().union(*made().values()) == {"Operation", "TaskType"}


def test_the_dashboard_shows_what_is_made_and_every_alarm() -> None:
    [dashboard] = of_type("AWS::CloudWatch::Dashboard").values()
    text = dashboard["DashboardBody"]["Fn::Sub"]
    assert json.loads(re.sub(r"\$\{[^}]+\}", "x", text))["widgets"]
    named = set(re.findall(r'\\"(\w+)\\"', text))
    shown = named | set(re.findall(r'"\$\{AWS::StackName\}", "(\w+)"\]', text))
    assert shown == set(made())
    assert set(re.findall(r"\$\{(\w+Alarm)\.Arn\}", text)) == set(alarms())


def commands() -> list[tuple[str, str, set[str]]]:
    """Every ``aws`` command of the page: service, operation, options."""
    text = OPERATIONS.replace("\\\n", " ")
    found = re.findall(r"\baws ([a-z0-9]+) ([a-z-]+)([^`\n;|]*)", text)
    return [(service, verb, set(re.findall(r"--[a-z-]+", rest))) for service, verb, rest in found]


@pytest.mark.parametrize(("service", "verb", "options"), commands())
def test_every_command_exists_with_its_options(service: str, verb: str, options: set[str]) -> None:
    known = OF_THE_COMMAND_LINE.get((service, verb))
    if known is None:
        model = botocore.session.get_session().get_service_model(service)
        operations = {xform_name(name, "-"): name for name in model.operation_names}
        shape = model.operation_model(operations[verb]).input_shape
        known = {f"--{xform_name(name, '-')}" for name in (shape.members if shape else ())}
    assert options <= known | GLOBAL


def test_every_resource_that_the_page_names_exists() -> None:
    named = re.findall(r"\$\(of (\w+)\)|\blogs (\w+Function)", OPERATIONS)
    assert len(named) > 10
    assert {first or second for first, second in named} <= set(resources())
