"""What the descriptions of reports have in common.

A description is for whoever reads a report: OpenAPI is made of it. A pipeline writes plain JSON
types, and a test holds its reports to their description.
"""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Described(BaseModel):
    """A part of a report. Richer detail may be added beside what is described."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
