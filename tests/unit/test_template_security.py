"""Who may do what, and what is encrypted, asserted on the template as CloudFormation gets it.

The local cloud enforces the roles but knows no grants of a key, so these stand here.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.template import as_list, of_type, on_cpu, resources, statements, template

KEY = {"Fn::GetAtt": ["DataKey", "Arn"]}

# Where AWS leaves no choice: (resource, Sid, what) → why.
WILDCARDS = {
    ("DataKey", "Account", "kms:*"): "without it no policy of a role could grant the key",
    ("DataKey", "Account", "*"): "in a key's policy: this key",
    ("DataKey", "Logs", "*"): "in a key's policy: this key; the condition names the log groups",
}
MANAGED_POLICIES = {
    "AWSLambdaBasicExecutionRole": "SAM attaches it to every function's role",
    "AWSXrayWriteOnlyAccess": "SAM attaches it with Tracing; X-Ray's writes know no resources",
    "AmazonAPIGatewayPushToCloudWatchLogs": "the gateway logs for the whole account with one role",
    "AWSLambdaManagedEC2ResourceOperator": "with it Lambda starts and ends the instances",
    "AWSCodeDeployRoleForLambda": "SAM attaches it to CodeDeploy's own role",
}

WRITES = {"s3:PutObject", "dynamodb:PutItem", "dynamodb:UpdateItem", "sqs:SendMessage"}


def allowed() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement that allows something: of roles, of keys, and of resources."""
    yield from statements()
    for name, resource in resources().items():
        properties = resource.get("Properties", {})
        for document in ("KeyPolicy", "PolicyDocument"):
            for statement in as_list(properties.get(document, {}).get("Statement", [])):
                if statement["Effect"] == "Allow":
                    yield name, statement


def wildcards(statement: dict[str, Any]) -> set[str]:
    actions = {action for action in as_list(statement["Action"]) if "*" in action}
    return actions | {r for r in as_list(statement.get("Resource", [])) if r == "*"}


def unlisted(found: Iterator[tuple[str, dict[str, Any]]]) -> set[tuple[str, str, str]]:
    return {
        (name, statement.get("Sid", ""), what)
        for name, statement in found
        for what in wildcards(statement)
    } - set(WILDCARDS)


def test_no_statement_has_a_wildcard_but_those_listed() -> None:
    assert len(list(allowed())) > 20
    assert unlisted(allowed()) == set()


def test_every_listed_wildcard_is_still_needed() -> None:
    found = {(n, s.get("Sid", ""), what) for n, s in allowed() for what in wildcards(s)}
    assert set(WILDCARDS) - found == set()


def test_an_unlisted_wildcard_would_be_found() -> None:
    wide = {"Sid": "Wide", "Effect": "Allow", "Action": ["s3:*"], "Resource": "*"}
    assert unlisted(iter([("Role", wide)])) == {("Role", "Wide", "s3:*"), ("Role", "Wide", "*")}


def test_no_role_has_a_managed_policy_but_those_listed() -> None:
    found = {
        str(arn.get("Fn::Sub", arn) if isinstance(arn, dict) else arn).rpartition("/")[2]
        for role in of_type("AWS::IAM::Role", GradualDeployment="true").values()
        for arn in role.get("ManagedPolicyArns", [])
    }
    assert {name.rstrip("'}") for name in found} == set(MANAGED_POLICIES)


def test_everything_that_is_kept_is_encrypted_with_the_key() -> None:
    queues = of_type("AWS::SQS::Queue").values()
    assert all(queue["KmsMasterKeyId"] == KEY for queue in queues)
    for table in of_type("AWS::DynamoDB::Table").values():
        assert table["SSESpecification"] == {
            "SSEEnabled": True,
            "SSEType": "KMS",
            "KMSMasterKeyId": KEY,
        }
    for bucket in of_type("AWS::S3::Bucket").values():
        [rule] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] == KEY
        assert rule["BucketKeyEnabled"]
    assert all(group["KmsKeyId"] == KEY for group in of_type("AWS::Logs::LogGroup").values())
    [key] = of_type("AWS::KMS::Key").values()
    assert key["EnableKeyRotation"]


def test_the_key_outlives_what_it_encrypts() -> None:
    for name in ("DataKey", "FilmBucket", "TaskTable", "ClientTable", "WebhookSecretTable"):
        assert resources()[name]["DeletionPolicy"] == "Retain"


def function_roles() -> list[str]:
    return sorted({f["Role"]["Fn::GetAtt"][0] for f in of_type("AWS::Lambda::Function").values()})


@pytest.mark.parametrize("role", function_roles())
def test_a_function_may_use_the_key_for_what_it_touches_and_for_nothing_else(role: str) -> None:
    own = [s for name, s in statements() if name == role]
    [key] = [s for s in own if any(a.startswith("kms:") for a in as_list(s["Action"]))]
    actions = {action for s in own if s is not key for action in as_list(s["Action"])}
    encrypted = {action.partition(":")[0] for action in actions} & {"s3", "dynamodb", "sqs"}
    via = {
        sub["Fn::Sub"].partition(".")[0]
        for sub in key["Condition"]["StringEquals"]["kms:ViaService"]
    }
    assert key["Resource"] == KEY
    assert via == encrypted
    assert "kms:Decrypt" in key["Action"]  # a sender to a queue needs it too
    assert ("kms:GenerateDataKey" in key["Action"]) == bool(actions & WRITES)
    assert set(key["Action"]) <= {
        "kms:Decrypt",
        "kms:Encrypt",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
        "kms:GenerateDataKey",
        "kms:DescribeKey",
    }


def test_every_log_group_is_one_that_the_key_lets_the_logs_service_encrypt() -> None:
    [key] = of_type("AWS::KMS::Key").values()
    [logs] = [s for s in key["KeyPolicy"]["Statement"] if s["Sid"] == "Logs"]
    arns = [
        a["Fn::Sub"] for a in logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    ]
    prefixes = [arn.partition(":log-group:")[2].rstrip("*") for arn in arns]
    for group in of_type("AWS::Logs::LogGroup").values():
        name = on_cpu(group["LogGroupName"])["Fn::Sub"]
        # A function's name begins with the stack's.
        name = name.replace("/aws/lambda/${", "/aws/lambda/${AWS::StackName}-${")
        assert any(name.startswith(prefix) for prefix in prefixes), name


def denials(kind: str) -> list[dict[str, Any]]:
    return [
        policy | statement
        for policy in of_type(kind).values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        and statement["Principal"] == "*"
    ]


def test_every_bucket_and_queue_refuses_plain_http_on_aws() -> None:
    buckets = {denial["Bucket"]["Ref"] for denial in denials("AWS::S3::BucketPolicy")}
    assert buckets == set(of_type("AWS::S3::Bucket"))
    for denial in denials("AWS::S3::BucketPolicy"):
        assert denial["Action"] == "s3:*"
        assert len(denial["Resource"]) == 2  # the bucket, and what is in it
    queues = {q["Ref"] for denial in denials("AWS::SQS::QueuePolicy") for q in denial["Queues"]}
    assert queues == set(of_type("AWS::SQS::Queue"))
    assert all(denial["Action"] == "sqs:*" for denial in denials("AWS::SQS::QueuePolicy"))


def test_only_what_a_laptop_cannot_do_is_left_out_there() -> None:
    conditional = {n for n, r in resources().items() if r.get("Condition") == "OnAws"}
    assert {resources()[name]["Type"] for name in conditional} == {
        "AWS::S3::BucketPolicy",
        "AWS::SQS::QueuePolicy",
    }
    assert template()["Conditions"]["OnAws"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "Environment"}, "local"]}]
    }


def test_the_gateway_throttles_logs_and_traces() -> None:
    [stage] = of_type("AWS::ApiGateway::Stage").values()
    assert stage["TracingEnabled"]
    [settings] = stage["MethodSettings"]
    assert (settings["ResourcePath"], settings["HttpMethod"]) == ("/*", "*")
    assert settings["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    access = stage["AccessLogSetting"]
    assert access["DestinationArn"] == {"Fn::GetAtt": ["AccessLogs", "Arn"]}
    for private in ("sourceIp", "queryString", "requestOverride", "authorizer"):
        assert private not in access["Format"]


def test_every_function_is_traced() -> None:
    for function in of_type("AWS::Lambda::Function").values():
        assert function["TracingConfig"] == {"Mode": "Active"}


def test_every_exception_from_the_audit_has_its_reason() -> None:
    """``make audit`` runs checkov, which takes a skip without a reason too."""
    skips = [
        (name, skip)
        for name, resource in template()["Resources"].items()
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", [])
    ]
    assert skips
    for name, skip in skips:
        assert len(skip["comment"].split()) > 3, (name, skip["id"])
