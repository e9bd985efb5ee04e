"""Settings come from the environment, whole or not at all."""

from datetime import timedelta

import pytest
from msgspec import ValidationError

from service.addresses import AddressPolicy, Reach
from service.settings.authorize import AuthorizeSettings
from service.settings.callback import CallbackSettings
from service.settings.films import FilmSettings
from service.settings.infer import InferSettings
from service.settings.recover import RecoverSettings
from service.settings.submit import SubmitSettings
from tests.template import default_of, properties_of, template

COMMON = {
    "TASK_TABLE": "t",
    "FILM_BUCKET": "b",
    "TASK_QUEUE_URL": "q",
    "HIGH_TASK_QUEUE_URL": "h",
    "RESULT_QUEUE_URL": "r",
    "QUEUE_PATIENCE_SECONDS": "3600",
}

READER = {
    "MAX_READS": "3",
    "FETCH_SCHEDULE": "0,5",
    "API_URL": "https://api.example/dev",
    "CALLBACK_REACH": "https",
    "CALLBACK_PORTS": "443",
}


def test_seconds_and_gaps_are_read() -> None:
    settings = CallbackSettings.load(
        COMMON
        | {
            "CALLBACK_SCHEDULE": "0, 5,0.5",
            "CALLBACK_REACH": "http",
            "CALLBACK_PORTS": "80, 8443 ",
            "WEBHOOK_SECRET_TABLE": "w",
            "PATH": "/bin",
        }
    )
    assert settings.addresses == AddressPolicy(Reach.HTTP, frozenset({80, 8443}))
    assert settings.queue_patience_seconds == timedelta(hours=1)
    assert settings.callback_schedule == (
        timedelta(),
        timedelta(seconds=5),
        timedelta(seconds=0.5),
    )


def test_models_come_from_where_the_environment_says() -> None:
    assert InferSettings.load(COMMON | READER).pipeline_models is None
    settings = InferSettings.load(COMMON | READER | {"PIPELINE_MODELS": "/m"})
    assert settings.pipeline_models == "/m"


def test_a_try_to_fetch_waits_no_longer_than_a_message_can() -> None:
    settings = InferSettings.load(COMMON | READER | {"FETCH_SCHEDULE": "0,900"})
    assert settings.fetch_schedule[1] == timedelta(minutes=15)
    with pytest.raises(ValidationError):
        InferSettings.load(COMMON | READER | {"FETCH_SCHEDULE": "0,901"})


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {k: v for k, v in COMMON.items() if k != "TASK_TABLE"},
        COMMON | {"QUEUE_PATIENCE_SECONDS": "soon"},
        COMMON | {"QUEUE_PATIENCE_SECONDS": "0"},
    ],
)
def test_what_is_missing_or_malformed_stops_the_function(environment: dict[str, str]) -> None:
    with pytest.raises((ValidationError, ValueError)):
        FilmSettings.load(environment)


@pytest.mark.parametrize(
    ("function", "settings"),
    [
        ("SubmitFunction", SubmitSettings),
        ("InferFunction", InferSettings),
        ("CallbackFunction", CallbackSettings),
        ("RecoverFunction", RecoverSettings),
        ("AuthorizeFunction", AuthorizeSettings),
    ],
)
def test_the_template_gives_every_function_what_it_needs(function: str, settings: type) -> None:
    shared = template()["Globals"]["Function"]["Environment"]["Variables"]
    own = properties_of(function)["Environment"]["Variables"]
    values = {
        name: str(default_of(value["Ref"]) if value.get("Ref") in template()["Parameters"] else "x")
        for name, value in (shared | own).items()
        if isinstance(value, dict) and "Ref" in value
    }
    values |= {name: "arn" for name in own if name.endswith("_LETTERS_ARN")}
    if "API_URL" in own:  # the address of the API is a text made of several references
        values["API_URL"] = own["API_URL"]["Fn::If"][2]["Fn::Sub"]
    settings.load(values)
