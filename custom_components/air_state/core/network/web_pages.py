"""Pages for people, which answer where data was asked for: login pages, routers, proxies."""

import re
from html import unescape

# Neither part reaches over the next "<", so that no text is looked at twice.
_TITLE = re.compile(r"<title[^<>]*>([^<]+)", re.IGNORECASE)
_MAX_TITLE_LENGTH = 40


def is_web_page(text: str) -> bool:
    """Return whether a text is HTML or XML rather than data."""
    return text.lstrip()[:1] == "<"


def page_title(text: str) -> str:
    """Return a page's title on one line, '' if it has none; at most 40 characters."""
    found = _TITLE.search(text)
    return " ".join(unescape(found[1]).split())[:_MAX_TITLE_LENGTH] if found else ""
