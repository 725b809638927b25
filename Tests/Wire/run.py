#!/usr/bin/env python3
"""Wire tests: the real program as separate processes over real sockets, end to end.

simulate → Kafka → ingest (several daemons) → Delta lake + MongoDB → train → serve, with every event counted once.

Environment: SEGUE_BIN (the program), SEGUE_TEST_BROKERS (host:port,…), SEGUE_TEST_MONGODB (mongodb://…). Whatever is
not given is started here from PyPI packages. Needs no Swift toolchain. Ends with `wire: N passed, N failed, N skipped`.
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


class CountingResult(unittest.TextTestResult):
    """A result that also counts what passed."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def main() -> int:
    pattern = sys.argv[1] if len(sys.argv) > 1 else "test_*.py"
    suite = unittest.defaultTestLoader.discover(os.path.dirname(os.path.abspath(__file__)), pattern=pattern)
    runner = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=CountingResult)
    result = runner.run(suite)
    failed = len(result.failures) + len(result.errors)
    for test, reason in result.skipped:
        print(f"wire: skipped {test}: {reason}")
    print(f"wire: {result.passed} passed, {failed} failed, {len(result.skipped)} skipped")
    return 1 if failed or not result.passed else 0


if __name__ == "__main__":
    sys.exit(main())
