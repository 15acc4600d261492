"""Log in, and read what a page was made from."""

from __future__ import annotations

from typing import Any

from django.contrib.messages import get_messages
from django.test import Client

from portal.models import User

PASSWORD = "a-long-password-of-tests"


def enter(user: User) -> Client:
    """A browser in which this person is logged in."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def with_password(user: User, password: str = PASSWORD) -> User:
    """The same person, who can log in through the form."""
    user.set_password(password)
    user.save()
    return user


def context(answer: Any) -> dict[str, Any]:
    """What a page was made from."""
    made: dict[str, Any] = answer.context_data
    return made


def form_errors(answer: Any) -> dict[str, list[str]]:
    """The faults that a model's form shows, by field."""
    errors: dict[str, list[str]] = context(answer)["adminform"].form.errors
    return errors


def said(answer: Any) -> str:
    """The messages that the request left, as one text."""
    return " ".join(str(each) for each in get_messages(answer.wsgi_request))
