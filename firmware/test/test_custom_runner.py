"""Lets `pio test -e native` read what the firmware's own small test framework prints."""

import re

import click
from platformio.test.result import TestCase, TestStatus
from platformio.test.runners.base import TestRunnerBase

_RESULT = re.compile(r"^(ok|FAILED) (\w+)$")
_STATUS = {"ok": TestStatus.PASSED, "FAILED": TestStatus.FAILED}


class CustomTestRunner(TestRunnerBase):
    """Takes each line `ok NAME` or `FAILED NAME` for a test; what was printed before says why."""

    _printed = ""

    def on_testing_line_output(self, line: str) -> None:
        """Take a line of the tests' output."""
        found = _RESULT.match(line.strip())
        if found is None:
            self._printed += line
            return
        case = TestCase(
            name=found[2],
            status=_STATUS[found[1]],
            message=self._printed.strip() or None,
            stdout=self._printed + line,
        )
        self._printed = ""
        self.test_suite.add_case(case)
        click.echo(case.humanize())
