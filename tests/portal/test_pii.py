from __future__ import annotations

import traceback

import pytest

from portal.pii import JobFailed, no_patient_in_errors, where_it_failed

PATIENT = "Zubaida Quillfeather"


def fail() -> None:
    raise ValueError(f"Key (name)=({PATIENT}) already exists.")


def failure_of_a_job() -> JobFailed:
    with pytest.raises(JobFailed) as caught, no_patient_in_errors():
        fail()
    return caught.value


def test_where_it_failed_names_the_class_and_the_places_innermost_first() -> None:
    try:
        fail()
    except ValueError as error:
        text = where_it_failed(error)
    assert text.startswith("ValueError at test_pii.py:")
    assert " fail < test_pii.py:" in text
    assert PATIENT not in text


def test_where_it_failed_tells_six_places_at_most() -> None:
    def deep(levels: int) -> None:
        if levels:
            deep(levels - 1)
        fail()

    with pytest.raises(ValueError, match=PATIENT) as caught:
        deep(40)
    assert where_it_failed(caught.value).count("test_pii.py") == 6


def test_an_error_that_was_never_raised_has_no_place() -> None:
    assert where_it_failed(KeyError(PATIENT)) == "KeyError at "


def test_a_job_that_succeeds_is_left_alone() -> None:
    with no_patient_in_errors():
        done = True
    assert done


def test_a_failed_job_says_what_failed_and_where() -> None:
    text = str(failure_of_a_job())
    assert text.startswith("ValueError at test_pii.py:")


def test_nothing_that_prints_a_failed_job_shows_the_original_error() -> None:
    failure = failure_of_a_job()
    printed = "".join(traceback.format_exception(failure))
    assert "JobFailed: ValueError at test_pii.py:" in printed
    assert PATIENT not in printed


def test_a_failed_job_does_not_carry_the_original_error_along() -> None:
    failure = failure_of_a_job()
    assert failure.__cause__ is None
    assert failure.__context__ is None


def test_an_interrupt_is_no_failure_of_the_job() -> None:
    with pytest.raises(KeyboardInterrupt), no_patient_in_errors():
        raise KeyboardInterrupt
