"""Reads JSON with the mistakes that home-made stations make, where the meaning is certain.

Their firmware puts JSON together from pieces of text. So a failed sensor leaves ``nan`` without
quotes, or nothing at all, and a unit's sign may be in the encoding of the firmware's source file.
"""

import re
from bisect import bisect_left
from json import JSONDecodeError, JSONDecoder

import orjson

from ..domain.errors import PayloadNotJsonError, PayloadPageError
from ..network.web_pages import is_web_page, page_title

MAX_NUMBER_LENGTH = 400  # characters; enough for the largest float without an exponent
# Stricter than float(), which also takes "1_000", "infinity" and digits of other scripts.
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
NOT_FINITE = re.compile(r"[+-]?(?:nan|inf(?:inity)?|ovf)", re.IGNORECASE)

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NUMBER_OF_JSON = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
# Matches each string, to skip it, and each place where a value may lack quotes. A string without an
# end takes the rest, so that no text is read twice.
_STRING_OR_VALUE = re.compile(
    r'"(?:\\.?+|[^"\\])*"?'
    r"|(?P<colon>:[ \t\r\n]*)(?P<end>[,}])"
    r"|(?P<before>[:\[,][ \t\r\n]*)"
    r'(?P<word>[^ \t\r\n\[\]{},:"]+)(?=[ \t\r\n]{0,9}(?P<after>[,\]}])?)',
    re.DOTALL,
)
_MAX_REPAIRS = 1_000  # a station has 200 readings at the most
_MAX_BRACKETS = 1_000  # a station has 200 sensors at the most
_MAX_INTEGER_LENGTH = 18  # digits
_EXCERPT_LENGTH = 20  # characters on either side of an error
# What "surrogateescape" makes of bytes that are not UTF-8, to the same bytes in Latin-1.
_LATIN_1 = {0xDC00 + byte: byte for byte in range(0x80, 0x100)}


def read_json(data: bytes) -> object:
    """Return the JSON value in `data`, which may begin with a byte order mark.

    If it is not valid JSON, it is repaired: numbers in a form that JSON does not have, and words
    such as ``nan``, become strings. A key without a value gets a blank string. Bytes that are not
    UTF-8 are read as Latin-1. Raises PayloadPageError for a web page, and PayloadNotJsonError if
    the repaired text is not JSON either.
    """
    data = data.removeprefix(_BYTE_ORDER_MARK)
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        place = error.pos
        text = data.decode("utf-8", "surrogateescape").translate(_LATIN_1)
    if is_web_page(text):
        raise PayloadPageError(title=page_title(text) or "-")
    if text.count("[") + text.count("{") <= _MAX_BRACKETS:
        repaired, inserted = _repair(text)
        try:
            found: object = _DECODER.decode(repaired)
        except JSONDecodeError as error:
            place = error.pos - bisect_left(inserted, error.pos)
        else:
            return found
    raise _not_json(text, place)


def _repair(text: str) -> tuple[str, list[int]]:
    """Return `text` with the missing quotes, and the places in the result of what was inserted.

    Raises PayloadNotJsonError after too many repairs.
    """
    inserted: list[int] = []

    def quoted(found: re.Match[str]) -> str:
        colon, sign, word = found.group("colon", "before", "word")
        if colon is not None:
            start = found.start("end") + len(inserted)
            inserted.extend(range(start, start + 3))
            # Not an empty string, by which stations say that they are starting.
            repaired = f'{colon}" "{found["end"]}'
        elif sign is None or not _lacks_quotes(word):
            return found[0]
        elif sign[0] != ":" and found["after"] not in {",", "]"}:
            return found[0]  # it may be a key
        else:
            start = found.start("word") + len(inserted)
            inserted.extend((start, start + len(word) + 1))
            repaired = f'{sign}"{word}"'
        if len(inserted) > _MAX_REPAIRS * 3:
            raise _not_json(text, found.start())
        return repaired

    return _STRING_OR_VALUE.sub(quoted, text), inserted


def _lacks_quotes(word: str) -> bool:
    """Return whether a word is a number, or the lack of one, that JSON does not allow."""
    if len(word) <= MAX_NUMBER_LENGTH and _NUMBER_OF_JSON.fullmatch(word):
        return False
    return bool(NOT_FINITE.fullmatch(word) or NUMBER.fullmatch(word))


def _not_json(text: str, place: int) -> PayloadNotJsonError:
    """Return the error for `place`, with an excerpt in which an arrow marks it."""
    shown = (
        f"{text[max(0, place - _EXCERPT_LENGTH) : place]}→{text[place : place + _EXCERPT_LENGTH]}"
    )
    printable = "".join(letter if letter.isprintable() else " " for letter in shown)
    return PayloadNotJsonError(place=place + 1, excerpt=printable)


def _integer(digits: str) -> float:
    """Return a whole number, as a float if it has more digits than a measurement has."""
    return int(digits) if len(digits) <= _MAX_INTEGER_LENGTH else float(digits)


_DECODER = JSONDecoder(strict=False, parse_int=_integer)
