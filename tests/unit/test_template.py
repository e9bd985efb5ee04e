"""What the deployed stack must hold, asserted on the template as CloudFormation gets it.

The local cloud cannot show these: it enforces no retention, no role of a schedule, no encryption.
"""

import re

import pytest

from service import schedule
from tests.stack import load_function
from tests.template import (
    ROOT,
    as_list,
    default_of,
    of_type,
    on_cpu,
    properties_of,
    resources,
    statements,
    template,
)

FUNCTIONS = (
    "SubmitFunction",
    "InferFunction",
    "CallbackFunction",
    "RecoverFunction",
    "AuthorizeFunction",
)


def test_every_function_has_a_role_of_its_own() -> None:
    functions = of_type("AWS::Lambda::Function")
    roles = [str(functions[name]["Role"]) for name in FUNCTIONS]
    assert len(roles) == len(set(roles))
    assert set(functions) - set(FUNCTIONS) == {"GpuInferFunction"}  # there is one of the two


@pytest.mark.parametrize(
    ("function", "queue", "visibility"),
    [
        ("InferFunction", "TaskQueue", "TaskVisibilitySeconds"),
        ("InferFunction", "HighTaskQueue", "TaskVisibilitySeconds"),
        ("CallbackFunction", "ResultQueue", "CallbackVisibilitySeconds"),
    ],
)
def test_a_message_stays_hidden_for_six_times_its_functions_timeout(
    function: str, queue: str, visibility: str
) -> None:
    assert resources()[queue]["Properties"]["VisibilityTimeout"] == {"Ref": visibility}
    timeout = resources()[function]["Properties"]["Timeout"]
    seconds = default_of(timeout["Ref"]) if isinstance(timeout, dict) else timeout
    assert default_of(visibility) >= 6 * seconds


@pytest.mark.parametrize("queue", ["TaskQueue", "HighTaskQueue", "ResultQueue"])
def test_a_queue_has_its_dead_letters_with_as_much_time(queue: str) -> None:
    properties = resources()[queue]["Properties"]
    letters = properties["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
    assert resources()[letters]["Properties"]["MessageRetentionPeriod"] == 1_209_600
    assert properties["RedrivePolicy"]["maxReceiveCount"] > default_of("MaxReads")


def test_every_bucket_is_closed_to_the_public() -> None:
    for bucket in of_type("AWS::S3::Bucket").values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}


def test_every_trigger_reports_single_failures_and_takes_one_message_unless_told() -> None:
    mappings = of_type("AWS::Lambda::EventSourceMapping")
    assert len(mappings) == 6
    for mapping in mappings.values():
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        letters = mapping["FunctionName"] == {"Ref": "RecoverFunction"}
        size = mapping["BatchSize"]
        size = default_of(size["Ref"]) if isinstance(size, dict) else size
        assert size == (10 if letters else 1)


def test_every_dead_letter_is_settled_and_has_six_times_as_long() -> None:
    read = {
        mapping["EventSourceArn"]["Fn::GetAtt"][0]
        for mapping in of_type("AWS::Lambda::EventSourceMapping").values()
        if mapping["FunctionName"] == {"Ref": "RecoverFunction"}
    }
    queues = of_type("AWS::SQS::Queue")
    assert read == {
        queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for queue in queues.values()
        if "RedrivePolicy" in queue
    }
    timeout = resources()["RecoverFunction"]["Properties"]["Timeout"]
    assert all(queues[letters]["VisibilityTimeout"] >= 6 * timeout for letters in read)


def test_high_priority_has_places_that_no_normal_film_can_take() -> None:
    normal, high = (
        resources()[name]["Properties"] for name in ("InferTrigger", "HighInferTrigger")
    )
    assert normal["FunctionName"] == high["FunctionName"]
    assert on_cpu(normal["FunctionName"]) == {"Ref": "InferFunction"}
    assert normal["EventSourceArn"] != high["EventSourceArn"]
    assert normal["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "InferMaxConcurrency"}}
    assert high["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "HighMaxConcurrency"}}
    letters = {
        str(resources()[name]["Properties"]["RedrivePolicy"]["deadLetterTargetArn"])
        for name in ("TaskQueue", "HighTaskQueue", "ResultQueue")
    }
    assert len(letters) == 3


def test_every_functions_log_has_an_end() -> None:
    groups = of_type("AWS::Logs::LogGroup").values()
    named = {on_cpu(group["LogGroupName"])["Fn::Sub"] for group in groups}
    assert named >= {f"/aws/lambda/${{{f}}}" for f in FUNCTIONS}
    assert all(group["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups)


def test_the_record_outlives_every_attempt_to_deliver() -> None:
    gaps = [float(gap) for gap in str(default_of("CallbackSchedule")).split(",")]
    longest = sum(gaps) * (1 + schedule.JITTER) + 60 * len(gaps)  # and a minute for each sweep
    assert default_of("TaskTtlSeconds") > 2 * longest
    # Receivers that ask to wait, each time for as long as they may:
    assert default_of("TaskTtlSeconds") > 2 * len(gaps) * schedule.LONGEST_WAIT.total_seconds()


def test_no_film_goes_while_its_record_lives() -> None:
    rules = {
        rule["Id"]: rule
        for rule in resources()["FilmBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    }
    assert rules["unread-films"]["ExpirationInDays"] == {"Ref": "FilmRetentionDays"}
    assert default_of("FilmRetentionDays") * 86400 > default_of("TaskTtlSeconds")
    assert default_of("ResultRetentionDays") * 86400 >= default_of("TaskTtlSeconds")


def test_whoever_fetches_from_the_bucket_is_told_what_is_missing() -> None:
    """Without the right to list, S3 answers 403 for what is gone, which reads like an outage."""
    for name in ("SubmitFunctionRole", "InferFunctionRole", "CallbackFunctionRole"):
        allowed = [as_list(s["Action"]) for role, s in statements() if role == name]
        assert ["s3:ListBucket"] in allowed, name


def test_the_data_outlives_the_stack() -> None:
    for name in ("FilmBucket", "TaskTable", "ClientTable", "WebhookSecretTable"):
        assert resources()[name]["DeletionPolicy"] == "Retain"
        assert resources()[name]["UpdateReplacePolicy"] == "Retain"


def test_nobody_but_the_messenger_reads_secrets() -> None:
    def readers(table: str) -> set[str]:
        return {name for name, s in statements() if table in str(s["Resource"])}

    assert readers("WebhookSecretTable") == {"CallbackFunctionRole"}
    assert readers("ClientTable") == {"AuthorizeFunctionRole"}


def test_the_image_has_the_c_library_that_its_wheels_need() -> None:
    dockerfile = (ROOT / "functions/infer/Dockerfile").read_text()
    [version] = re.findall(r"^FROM public\.ecr\.aws/lambda/python:3\.(\d+)$", dockerfile, re.M)
    assert int(version) >= 12  # the first on Amazon Linux 2023


def test_a_client_has_its_whole_time_to_answer() -> None:
    timeout = resources()["CallbackFunction"]["Properties"]["Timeout"]
    assert timeout == {"Ref": "CallbackTimeoutSeconds"}
    assert default_of("CallbackTimeoutSeconds") >= default_of("CallbackAnswerSeconds") + 10


def test_the_sweep_ends_before_the_next_begins_and_may_invoke_its_function() -> None:
    [schedule] = of_type("AWS::Scheduler::Schedule").values()
    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert resources()["RecoverFunction"]["Properties"]["Timeout"] < 60
    invoke = [s for n, s in statements() if "lambda:InvokeFunction" in as_list(s["Action"])]
    others = [s for s in invoke if s.get("Sid") != "Trials"]
    assert [s["Resource"]["Fn::GetAtt"][0] for s in others] == ["RecoverFunction"]


def test_the_api_may_invoke_only_the_version_of_the_messenger_that_is_live() -> None:
    [trials] = [s for n, s in statements() if s.get("Sid") == "Trials"]
    assert trials["Resource"] == {"Ref": "CallbackFunctionAliaslive"}
    variables = resources()["SubmitFunction"]["Properties"]["Environment"]["Variables"]
    assert variables["CALLBACK_FUNCTION"] == {"Ref": "CallbackFunctionAliaslive"}


def test_only_the_containers_function_is_an_image_and_it_has_no_layer() -> None:
    functions = of_type("AWS::Lambda::Function")
    images = {n for n, f in functions.items() if f.get("PackageType") == "Image"}
    assert images == {"InferFunction", "GpuInferFunction"}
    for name in images:
        assert not {"Layers", "Runtime", "Handler"} & set(functions[name])


def test_on_a_gpu_the_same_function_runs_and_costs_nothing_when_idle() -> None:
    found = resources()
    cpu, gpu = (found[name]["Properties"] for name in ("InferFunction", "GpuInferFunction"))
    assert (found["InferFunction"]["Condition"], found["GpuInferFunction"]["Condition"]) == (
        "OnCpu",
        "OnGpu",
    )
    for shared in ("Environment", "Role", "Timeout", "TracingConfig", "LoggingConfig"):
        assert gpu[shared] == cpu[shared], shared
    assert gpu["FunctionScalingConfig"]["MinExecutionEnvironments"] == 0
    on_instances = gpu["CapacityProviderConfig"]["LambdaManagedInstancesCapacityProviderConfig"]
    assert on_instances["PerExecutionEnvironmentMaxConcurrency"] == 1
    assert gpu["AcceleratorConfig"]["AcceleratorMemorySize"] in {3, 6, 12, 16, 24, 48}


def test_a_function_and_lambda_agree_on_what_is_logged() -> None:
    """Lambda's level is the root logger's: a finer one than LogLevel lets libraries speak."""
    known_to_lambda = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"}
    assert set(template()["Parameters"]["LogLevel"]["AllowedValues"]) <= known_to_lambda
    expected = {"LogFormat": "JSON", "ApplicationLogLevel": default_of("LogLevel")}
    for name, function in of_type("AWS::Lambda::Function").items():
        assert function["LoggingConfig"] in (
            expected,
            expected | {"ApplicationLogLevel": {"Ref": "LogLevel"}},
        ), name


def test_the_image_for_a_gpu_differs_in_its_runtime_alone() -> None:
    dockerfile = (ROOT / "functions/infer/Dockerfile").read_text()
    pins = (ROOT / "functions/infer/requirements.txt").read_text()
    [(pattern, _)] = re.findall(r'sed -i "s/\^(\w+==)/(.+?)/"', dockerfile)
    assert len(re.findall(f"^{pattern}", pins, re.M)) == 1
    assert re.findall(r"^ARG ONNXRUNTIME=(\S+)$", dockerfile, re.M) == [pattern.rstrip("=")]


def test_what_the_gateway_refuses_is_in_the_contracts_form() -> None:
    [api] = of_type("AWS::ApiGateway::RestApi").values()
    responses = api["Body"]["x-amazon-apigateway-gateway-responses"]
    assert set(responses) == {
        "REQUEST_TOO_LARGE",
        "MISSING_AUTHENTICATION_TOKEN",
        "THROTTLED",
        "UNAUTHORIZED",
        "ACCESS_DENIED",
        "INVALID_SIGNATURE",
        "EXPIRED_TOKEN",
        "DEFAULT_4XX",
        "DEFAULT_5XX",
    }
    for response in responses.values():
        text = response["responseTemplates"]["application/json"]
        assert all(f'"{key}":' in text for key in ("code", "message", "detail", "requestId"))


def test_a_preflight_needs_no_authentication_and_errors_of_the_gateway_may_be_read() -> None:
    """A browser sends no credentials with the question whether it may send them."""
    [api] = of_type("AWS::ApiGateway::RestApi").values()
    for path, methods in api["Body"]["paths"].items():
        assert "options" in methods, path
        assert methods["options"].get("security") in (None, [{"NONE": []}]), path
    origin = {"Fn::If": ["HasCors", "method.request.header.Origin", {"Ref": "AWS::NoValue"}]}
    for response in api["Body"]["x-amazon-apigateway-gateway-responses"].values():
        told = response["responseParameters"]
        assert told["gatewayresponse.header.Access-Control-Allow-Origin"] == origin


def test_what_is_not_given_is_absent_and_never_an_empty_string() -> None:
    for name, function in of_type("AWS::Lambda::Function").items():
        variables = function["Environment"]["Variables"]
        optional = ["AWS_ENDPOINT_URL"] + ["PIPELINE_MODELS"] * name.endswith("InferFunction")
        for variable in optional:
            assert variables[variable]["Fn::If"][2] == {"Ref": "AWS::NoValue"}


def test_the_api_serves_every_method_so_that_the_handler_can_refuse() -> None:
    [api] = of_type("AWS::ApiGateway::RestApi").values()
    for path in ("/", "/{proxy+}"):
        assert set(api["Body"]["paths"][path]) >= {"get", "post", "put", "patch", "delete"}


@pytest.mark.parametrize(
    ("function", "alarms"),
    [
        ("SubmitFunction", {"SubmitErrorsAlarm", "ServerErrorsAlarm"}),
        ("CallbackFunction", {"CallbackErrorsAlarm"}),
    ],
)
def test_a_gradual_deployment_goes_back_when_an_alarm_sounds(
    function: str, alarms: set[str]
) -> None:
    groups = of_type("AWS::CodeDeploy::DeploymentGroup", GradualDeployment="true")
    group = groups[f"{function}DeploymentGroup"]
    configured = group["AlarmConfiguration"]["Alarms"]
    assert {alarm["Name"]["Ref"] for alarm in configured} == alarms <= set(resources())
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    assert "AWS::CodeDeploy::DeploymentGroup" not in {r["Type"] for r in resources().values()}


def test_what_is_deployed_gradually_is_called_by_its_alias() -> None:
    trigger = resources()["CallbackTrigger"]["Properties"]
    assert trigger["FunctionName"] == {"Ref": "CallbackFunctionAliaslive"}
    [api] = of_type("AWS::ApiGateway::RestApi").values()
    assert "SubmitFunctionAliaslive" in str(api["Body"]["paths"])
    assert "${SubmitFunction.Arn}" not in str(api["Body"]["paths"])


@pytest.mark.parametrize("mode", ["token", "AWS_IAM", "local"])
def test_every_route_is_closed_but_those_that_the_api_declares_public(mode: str) -> None:
    [api] = of_type("AWS::ApiGateway::RestApi", AuthMode=mode).values()
    public = {o.path for o in load_function("submit").http.operations if o.public}
    assert public < set(api["Body"]["paths"])
    for path, methods in api["Body"]["paths"].items():
        # A public path is so with every method: what it does not serve is answered 405.
        expected = "NONE" if path in public else mode
        for method, route in methods.items():
            assert method == "options" or route["security"] == [{expected: []}], f"{method} {path}"
    schemes = api["Body"]["components"]["securitySchemes"]
    assert mode in schemes
    assert "NONE" not in schemes  # the gateway's word for a route without one


def test_a_token_that_was_taken_away_soon_opens_nothing() -> None:
    [api] = of_type("AWS::ApiGateway::RestApi").values()
    authorizer = api["Body"]["components"]["securitySchemes"]["token"][
        "x-amazon-apigateway-authorizer"
    ]
    assert authorizer["identitySource"] == "method.request.header.Authorization"
    assert 0 < authorizer["authorizerResultTtlInSeconds"] <= 60


def test_only_a_local_cloud_lets_everybody_in() -> None:
    assert default_of("AuthMode") == "token"
    rule = template()["Rules"]["OnlyALocalCloudIsOpenAndCallsItsOwnMachine"]
    assert {"Fn::Not": [{"Fn::Equals": [{"Ref": "AuthMode"}, "local"]}]} in [
        one["Assert"] for one in rule["Assertions"]
    ]


def test_a_change_of_a_variable_is_served_too() -> None:
    """Without it SAM publishes a version only when the code changes, and the alias stays behind."""
    for name in ("SubmitFunction", "CallbackFunction"):
        assert properties_of(name)["AutoPublishAliasAllProperties"] is True
