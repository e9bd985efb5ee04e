"""The readable form of the OpenAPI document: Swagger UI, as powertools brings it.

One page without any other address in it, so that it also works where nothing but the API can be
reached.
"""

from pathlib import Path


def page(document: str) -> str:
    """An HTML page that shows a document and lets people try it.

    Args:
        document: OpenAPI, as JSON.
    """
    # Its import costs nobody but the first reader of the page.
    from aws_lambda_powertools.event_handler.openapi import swagger_ui

    folder = Path(swagger_ui.__file__).parent
    return swagger_ui.generate_swagger_html(
        spec=document.replace("</", r"<\/"),  # it stands in a script
        swagger_js=(folder / "swagger-ui-bundle.min.js").read_text("utf-8"),
        swagger_css=(folder / "swagger-ui.min.css").read_text("utf-8"),
        swagger_base_url="",
        oauth2_config=None,
    )
