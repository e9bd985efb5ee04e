"""The page: plain files for a browser, and the server that gives them and the API one origin."""

from xray.web.local import page_of
from xray.web.server import PageServer, PageSettings

__all__ = ["PageServer", "PageSettings", "page_of"]
