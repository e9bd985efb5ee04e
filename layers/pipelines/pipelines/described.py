"""What the descriptions of reports have in common.

A description is for whoever reads a report: OpenAPI is made of it. A pipeline writes plain JSON
types, and a test holds its reports to their description.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from pydantic.json_schema import GenerateJsonSchema


class Described(BaseModel):
    """A part of a report. Richer detail may be added beside what is described."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    @classmethod
    def schema_at(cls, place: str) -> dict[str, Any]:
        """The JSON schema, with those that it refers to under ``$defs``.

        Args:
            place: What comes before the name of a schema where one refers to another.
        """
        return cls.model_json_schema(
            ref_template=place + "{model}", schema_generator=_WithoutTitles
        )


class _WithoutTitles(GenerateJsonSchema):
    """A key's name says what its title would."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002
        return False
