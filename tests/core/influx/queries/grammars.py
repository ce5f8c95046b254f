"""Readers of literals in Flux and InfluxQL, written from the languages' grammars.

They share nothing with what writes them. Grammars:
https://docs.influxdata.com/flux/v0/spec/lexical-elements/ and
https://docs.influxdata.com/influxdb/v1/query_language/spec/
"""

import re

type Token = tuple[str, str]

_FLUX_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_INFLUXQL_ESCAPES = {"n": "\n", "\\": "\\", "'": "'", '"': '"'}
_FLUX_PLAIN = re.compile(
    r"\s+|//[^\n]*|[A-Za-z_][A-Za-z0-9_]*|[0-9][0-9A-Za-z_.:-]*|\|>|=>|==|[-+*/%<>=!.,:?(){}\[\]]"
)
_INFLUXQL_PLAIN = re.compile(
    r"\s+|--[^\n]*|[A-Za-z_][A-Za-z0-9_]*|[0-9][0-9A-Za-z_.]*|>=|<=|!=|=~|[-+*/%<>=.,;(){}\[\]]"
)


class NotInTheGrammarError(ValueError):
    """What no scanner of that language reads."""


def flux_tokens(text: str) -> list[Token]:
    """Return words and signs, and strings with what they mean."""
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        if text[at] == '"':
            meaning, at = _flux_string(text, at + 1)
            tokens.append(("string", meaning))
        elif found := _FLUX_PLAIN.match(text, at):
            at = found.end()
            if not found[0].isspace():
                tokens.append(("sign", found[0]))
        else:
            raise NotInTheGrammarError(text[at : at + 20])
    return tokens


def _flux_string(text: str, at: int) -> tuple[str, int]:
    """Return what a string means, and where it ends; bytes of escapes are UTF-8."""
    meaning = bytearray()
    while text[at] != '"':
        if text.startswith("${", at):
            raise NotInTheGrammarError(text)  # begins an expression
        if text[at] != "\\":
            meaning += text[at].encode()
            at += 1
        elif text[at + 1] == "x":
            meaning.append(int(text[at + 2 : at + 4], 16))
            at += 4
        elif text.startswith("${", at + 1):
            meaning += b"${"
            at += 3
        elif text[at + 1] in _FLUX_ESCAPES:
            meaning += _FLUX_ESCAPES[text[at + 1]].encode()
            at += 2
        else:
            raise NotInTheGrammarError(text[at : at + 4])
    return meaning.decode(), at + 1


def influxql_tokens(text: str) -> list[Token]:
    """Return words and signs, and strings and names with what they mean."""
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        if text[at] in "'\"":
            kind = "string" if text[at] == "'" else "name"
            meaning, at = _influxql_quoted(text, at)
            tokens.append((kind, meaning))
        elif found := _INFLUXQL_PLAIN.match(text, at):
            at = found.end()
            if not found[0].isspace():
                tokens.append(("sign", found[0]))
        else:
            raise NotInTheGrammarError(text[at : at + 20])
    return tokens


def _influxql_quoted(text: str, at: int) -> tuple[str, int]:
    quote, meaning = text[at], []
    at += 1
    while text[at] != quote:
        if text[at] == "\n":
            raise NotInTheGrammarError(text)  # has to be escaped
        if text[at] == "\\":
            if text[at + 1] not in _INFLUXQL_ESCAPES:
                raise NotInTheGrammarError(text[at : at + 2])
            meaning.append(_INFLUXQL_ESCAPES[text[at + 1]])
            at += 2
        else:
            meaning.append(text[at])
            at += 1
    return "".join(meaning), at + 1
