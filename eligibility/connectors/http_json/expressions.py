"""JMESPath expressions of a connection: compiled when they are saved, bounded when they run.

JMESPath has no loops, but an expression may double what it looks at again and again. So its
growth is bounded before it is accepted, and its steps are counted while it runs.
"""

from __future__ import annotations

import json
import math
from functools import lru_cache
from typing import Annotated, Any, Final

import jmespath
from jmespath import exceptions, functions, visitor
from pydantic import AfterValidator, Field

LONGEST: Final = 2_000
"""Characters of one expression."""

MOST_GROWTH: Final = 500
"""How many times larger than what it looks at an expression's result may be."""

MOST_STEPS: Final = 200_000
"""Steps of all expressions of one answer together: some tenths of a second."""

_MOST_CHARACTERS: Final = 1_000_000
_IN_PRODUCT: Final = frozenset(
    {
        *("subexpression", "index_expression", "projection", "value_projection", "flatten"),
        *("filter_projection", "pipe", "expref", "key_val_pair"),
    }
)


class Runaway(Exception):
    """An expression took more steps than an answer may cost."""


class _Functions(functions.Functions):
    """JMESPath's own functions, without the two that can write more than they read."""

    @functions.signature({"types": ["string"]}, {"types": ["array-string"]})
    def _func_join(self, glue: str, parts: list[str]) -> str:
        if len(glue) * len(parts) + sum(map(len, parts)) > _MOST_CHARACTERS:
            raise Runaway
        return glue.join(parts)

    @functions.signature({"types": []})
    def _func_to_string(self, value: Any) -> str | None:
        if isinstance(value, list | dict):
            return None
        return value if isinstance(value, str) else json.dumps(value)


class Interpreter(visitor.TreeInterpreter):
    """Evaluates expressions on one answer, and counts their steps."""

    def __init__(self) -> None:
        super().__init__(visitor.Options(custom_functions=_Functions()))
        self._left = MOST_STEPS

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        """One step."""
        self._left -= 1
        if self._left < 0:
            raise Runaway
        return super().visit(node, *args, **kwargs)

    def find(self, expression: str, value: Any) -> Any:
        """What the expression finds; None where there is none or it does not fit the answer."""
        if not expression:
            return None
        try:
            return self.visit(compiled(expression), value)
        except (exceptions.JMESPathError, ArithmeticError, TypeError, ValueError):
            return None


@lru_cache(maxsize=4096)
def compiled(expression: str) -> Any:
    """The expression's tree. Raises ValueError in words for staff, with the place of the fault."""
    if len(expression) > LONGEST:
        raise ValueError(f"an expression has at most {LONGEST} characters")
    try:
        tree = jmespath.compile(expression).parsed
    except exceptions.IncompleteExpressionError:
        raise ValueError("the expression ends before it is complete") from None
    except exceptions.LexerError as error:
        raise ValueError(
            f"cannot be read at character {error.lexer_position + 1}: {_shown(error.lexer_value)}"
        ) from None
    except exceptions.ParseError as error:
        raise ValueError(
            f"cannot be read at character {error.lex_position + 1}: {_shown(error.token_value)}"
        ) from None
    except (exceptions.JMESPathError, RecursionError):
        raise ValueError("this is not a JMESPath expression") from None
    _check_functions(tree)
    if _growth(tree) > MOST_GROWTH:
        raise ValueError("the expression would multiply what it looks at; make it simpler")
    return tree


def _shown(value: Any) -> str:
    """What stands at the fault's place."""
    return f"“{str(value)[:40]}”" if value not in (None, "") else "something is missing"


def _check_functions(node: Any) -> None:
    """An unknown function would only be found out when an answer is read."""
    if node["type"] == "function_expression" and node["value"] not in _Functions.FUNCTION_TABLE:
        raise ValueError(f"there is no function {node['value'][:40]}()")
    for child in node["children"]:
        if isinstance(child, dict):
            _check_functions(child)


def _growth(node: Any) -> int:
    """A bound on how many times larger the result can be than what is looked at."""
    parts = [_growth(child) for child in node["children"] if isinstance(child, dict)]
    if node["type"] in _IN_PRODUCT:
        return math.prod(parts)
    return max(sum(parts), 1)


def _checked(expression: str) -> str:
    """Compile it now, so that the fault is shown at its field."""
    plain = expression.strip()
    if plain:
        compiled(plain)
    return plain


Expression = Annotated[str, AfterValidator(_checked), Field(json_schema_extra={"kind": "code"})]
"""A JMESPath expression; empty finds nothing."""
