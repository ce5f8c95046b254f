"""Web pages that answer in place of data: those of login portals, routers and proxies."""

import re
from html import unescape

# Neither part matches "<", so that the search never goes over the same text twice.
_TITLE = re.compile(r"<title[^<>]*>([^<]+)", re.IGNORECASE)
_MAX_TITLE_LENGTH = 40


def is_web_page(text: str) -> bool:
    """Return whether a text is HTML or XML."""
    return text.lstrip()[:1] == "<"


def page_title(text: str) -> str:
    """Return a page's title on one line, cut to 40 characters; '' if it has none."""
    found = _TITLE.search(text)
    return " ".join(unescape(found[1]).split())[:_MAX_TITLE_LENGTH] if found else ""
