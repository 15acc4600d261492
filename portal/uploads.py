"""Files that people bring, kept between the trial run and the real one.

A file lies in UPLOAD_DIR (0700) as two files (0600) under a random name: its content, and what it
is called and whose it is. Its token is all that an address says about it. Only the person who
brought it gets it back; it is deleted after use, when it is discarded, and after an hour: `sweep`,
which every look at the home page, every refresh of it and every upload calls. Web servers of
several hosts need one UPLOAD_DIR for all.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings

KEPT_SECONDS = 60 * 60
ENCODINGS = (
    ("cp1256", "Arabic (Windows, cp1256)"),
    ("cp1252", "Western (Windows, cp1252)"),
    ("iso8859-6", "Arabic (ISO 8859-6)"),
    ("utf-8", "UTF-8"),
    ("utf-16-le", "UTF-16, little end first"),
    ("utf-16-be", "UTF-16, big end first"),
)
"""What a file without a mark may be written in; asked only when its bytes leave a choice."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
_CONTENT, _ABOUT, _TAKEN = ".file", ".json", ".taken"


@dataclass(frozen=True, slots=True)
class Upload:
    """One file that waits. `options` is whatever its page wants to know again."""

    token: str
    name: str
    options: dict[str, str]

    @contextmanager
    def read(self) -> Iterator[BinaryIO]:
        """The content, to look at."""
        with (_directory() / (self.token + _CONTENT)).open("rb") as content:
            yield content

    @contextmanager
    def take(self) -> Iterator[BinaryIO]:
        """The content, to use it up: deleted afterwards, put back when the use of it fails.

        Raises FileNotFoundError when somebody (a second click) was faster.
        """
        waiting, taken = (_directory() / (self.token + end) for end in (_CONTENT, _TAKEN))
        waiting.rename(taken)
        try:
            with taken.open("rb") as content:
                yield content
        except BaseException:
            taken.rename(waiting)
            raise
        self.delete()

    def delete(self) -> None:
        """Forget the file."""
        for end in (_CONTENT, _TAKEN, _ABOUT):
            (_directory() / (self.token + end)).unlink(missing_ok=True)


def keep(content: BinaryIO, *, name: str, owner: Any, options: dict[str, str]) -> Upload:
    """Keep a file for an hour. `owner` is the person's id."""
    sweep()
    _directory().mkdir(mode=0o700, parents=True, exist_ok=True)
    upload = Upload(secrets.token_urlsafe(24), name, options)
    about = json.dumps({"owner": str(owner), "name": name, "options": options})
    with _new(upload.token + _CONTENT) as target:
        shutil.copyfileobj(content, target)
    with _new(upload.token + _ABOUT) as target:
        target.write(about.encode())
    return upload


def remember(upload: Upload, **options: str) -> None:
    """Add to what is known about a kept file."""
    path = _directory() / (upload.token + _ABOUT)
    about = json.loads(path.read_bytes())
    about["options"] |= options
    fresh = upload.token + ".fresh"
    with _new(fresh) as target:
        target.write(json.dumps(about).encode())
    (_directory() / fresh).replace(path)


def find(token: str, *, owner: Any) -> Upload | None:
    """The file with this token, if this person brought it within the hour."""
    sweep()
    if not _TOKEN.fullmatch(token):
        return None
    try:
        about = json.loads((_directory() / (token + _ABOUT)).read_bytes())
    except FileNotFoundError:
        return None
    if about["owner"] != str(owner) or not (_directory() / (token + _CONTENT)).exists():
        return None
    return Upload(token, about["name"], about["options"])


def sweep() -> int:
    """Delete what is older than an hour. Returns how many files were."""
    oldest, swept = time.time() - KEPT_SECONDS, 0
    for path in _directory().iterdir() if _directory().exists() else ():
        with suppress(FileNotFoundError):  # another request sweeps, too
            if path.stat().st_mtime < oldest:
                path.unlink()
                swept += 1
    return swept


def _directory() -> Path:
    return Path(settings.UPLOAD_DIR)


def _new(name: str) -> BinaryIO:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    return os.fdopen(os.open(_directory() / name, flags, 0o600), "wb")
