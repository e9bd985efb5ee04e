"""A project of two functions, small enough to be deployed in a second or two."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.template import ROOT
from xray.cloud import CloudSettings, LocalCloud
from xray.cloud.local import PYTHON_VARIABLE

TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Word: {Type: String, Default: unset}
Resources:
  Work: {Type: AWS::SQS::Queue}
  Private: {Type: AWS::SQS::Queue}
  Door:
    Type: AWS::Serverless::Api
    Properties:
      StageName: stage
      GatewayResponses:
        DEFAULT_4XX: {ResponseTemplates: {application/json: '{"own": "words"}'}}
  Zipped:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.11
      Handler: app.handler
      CodeUri: functions/zipped/
      Environment: {Variables: {WORD: !Ref Word}}
      Events:
        Get: {Type: Api, Properties: {RestApiId: !Ref Door, Path: /, Method: GET}}
  Contained:
    Type: AWS::Serverless::Function
    Metadata: {Dockerfile: functions/contained/Dockerfile, DockerContext: ., DockerTag: x}
    Properties:
      PackageType: Image
      Timeout: 2
      MemorySize: 256
      Environment: {Variables: {WORD: !Ref Word, PRIVATE: !Ref Private}}
      Policies:
        - Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Action: [sqs:ReceiveMessage, sqs:DeleteMessage, sqs:GetQueueAttributes]
              Resource: !GetAtt Work.Arn
      Events:
        Work:
          Type: SQS
          Properties: {Queue: !GetAtt Work.Arn, BatchSize: 1}
Outputs:
  Zipped: {Value: !Ref Zipped}
  Contained: {Value: !Ref Contained}
  Work: {Value: !Ref Work}
  Door: {Value: !Ref Door}
"""

ZIPPED = """
import os

def handler(event, context):
    return {"event": event, "word": os.environ["WORD"]}
"""

CONTAINED = """
import os, subprocess, sys, time
from pathlib import Path

def warm_up():
    global warm
    warm = True

def handler(event, context):
    print("seen", event, flush=True)
    do = event.get("do")
    if "Records" in event:
        Path(event["Records"][0]["body"]).touch()
    elif do == "raise":
        raise KeyError("nothing there")
    elif do == "exit":
        os._exit(3)
    elif do == "hang":
        # With a child, as a handler has that decodes films in one.
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        Path(event["note"]).write_text(f"{os.getpid()} {child.pid}")
        time.sleep(60)
    elif do == "overstep":
        import boto3
        boto3.client("sqs").send_message(QueueUrl=os.environ["PRIVATE"], MessageBody="x")
    return {
        "pid": os.getpid(), "warm": warm, "word": os.environ["WORD"],
        "more": os.environ.get("MORE"), "left_ms": context.get_remaining_time_in_millis(),
    }
"""


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The project's folder; the emulator is that of this checkout."""
    root = tmp_path_factory.mktemp("project")
    (root / "template.yaml").write_text(TEMPLATE)
    for name, source in {"zipped": ZIPPED, "contained": CONTAINED}.items():
        folder = root / "functions" / name
        folder.mkdir(parents=True)
        (folder / "app.py").write_text(source)
    with pytest.MonkeyPatch.context() as patch:
        python = os.environ.get(PYTHON_VARIABLE) or str(ROOT / ".venv-cloud/bin/python")
        patch.setenv(PYTHON_VARIABLE, python)
        yield root


@pytest.fixture(scope="session")
def cloud(project: Path) -> Iterator[LocalCloud]:
    """The project, deployed."""
    settings = CloudSettings(project, parameters={"Word": "given"}, variables={"MORE": "yes"})
    with LocalCloud(settings) as running:
        yield running
