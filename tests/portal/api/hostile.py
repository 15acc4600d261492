"""Bodies and texts that break careless servers. Made here, not copied from any list."""

from __future__ import annotations

import json
import sys
from typing import Any, Final

_DEEP: Final = 5_000

BODIES: Final[tuple[bytes, ...]] = (
    # no JSON at all
    b"", b" ", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"nul", b"tru", b"undefined", b"NaN",
    b"Infinity", b"-Infinity", b"'x'", b"{", b"[", b"[1,", b'{"a"', b'{"a":', b'{"a":1,}',
    b"[1,]", b"{1: 2}", b"{'a': 1}", b"// x\n{}", b"/* x */ {}", b"{} {}", b"[] x", b"<a/>",
    b"<!DOCTYPE html><html></html>", b"a=1&b=2", b"--x\r\n\r\n--x--", b"0x10", b"01", b"1.",
    b".5", b"+1", b"1e", b'"\\x"', b'"\\u12"', b'"tab\there"', b'"line\nbreak"', b'"\x80"',
    b'{"a": "\xc3\x28"}', "{}".encode("utf-16"), "{}".encode("utf-32"), b'\xef\xbb\xbf{"a":1}',
    # JSON of the wrong shape
    b"null", b"true", b"0", b"-0", b"1e400", b"-1e400", b'""', b'"x"', b"[]", b"{}", b"[null]",
    b"[[]]", b"[{}]", b'[""]', b"[1e999]", b'{"":""}', b'{"requests": null}', b'{"requests": {}}',
    b'{"requests": "x"}', b'{"requests": [null, 1, "x", [], true, {}]}', b'{"requests": [[[]]]}',
    b'{"task_ids": null}', b'{"task_ids": [null]}', b'{"task_ids": [{}]}', b'{"task_ids": [1e999]}',
    b'{"filter": {"status": {"$ne": null}}}', b'{"filter": [{"a": 1}], "task_ids": []}',
    b'{"__proto__": {"a": 1}}', b'{"constructor": 1}', b'{"__class__": "x"}',
    # too much of something
    b"[" * _DEEP, b'{"a":' * _DEEP, b"[" * _DEEP + b"]" * _DEEP,
    b'{"requests":' + b"[" * 300 + b"]" * 300 + b"}", b'{"a":1,"a":2}',
    b'{"requests":[],"requests":[]}', b"9" * 5_000, b"-" + b"9" * 5_000, b"1" + b"0" * 400 + b".5",
    b'{"requests":[{"id_value":' + b"9" * 5_000 + b"}]}", b'"' + b"x" * 100_000 + b'"',
    b'{"' + b"k" * 100_000 + b'": 1}', b'{"requests": [{"extra_args": ' + b'{"a":' * 60 + b"1"
    + b"}" * 60 + b"}]}",
    # text that databases disagree about
    b'{"a": "\\u0000"}', b'{"\\u0000": 1}', b'["\\ud800"]', b'["\\udc00\\ud800"]',
    b'{"\\ud83d": "\\ude00"}', b'{"requests": [{"name": "\\u0000", "id_value": "\\ud800"}]}',
)  # fmt: skip
"""Whole bodies."""

TEXTS: Final[tuple[str, ...]] = (
    "", " ", "\t", "\n", "\r\n", "\0", "\x01\x1f\x7f", "\x85", "\u00a0", "\u200b", "\u2028",
    "\ufeff", "\ufffd", "\uffff", "\ud800", "\udfff", "\u202e drawkcab", "e" + "\u0301" * 200,
    "\U0001f469\u200d\U0001f469\u200d\U0001f467", "\U0010ffff", "\u0623\u062d\u0645\u062f",
    "\u0660\u0661\u0662", "\u2160", "\u0130\u0131", "\ufb03", "null", "None", "undefined", "true",
    "NaN", "1e999", "-1", "0", "00", "9" * 400, "1/0", "'", '"', "';--", '" OR ""="', "\\",
    "%", "%00", "%s%n", "%(x)s", "{}", "{0.__class__}", "${x}", "{{7*7}}", "{% x %}", "<b>",
    "<script>alert(1)</script>", "javascript:alert(1)", "=1+1", "@x", "+1", "-1+1", "../../x",
    "C:\\x", "file:///x", "http://127.0.0.1/", "a\0b", "x" * 65, "x" * 301, "x" * 10_001,
)  # fmt: skip
"""Values of any text."""


def as_json(value: Any) -> bytes:
    """A value as JSON; half characters are written as their escapes."""
    return json.dumps(value).encode("utf-8")


assert sys.getrecursionlimit() < _DEEP
