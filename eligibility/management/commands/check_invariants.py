"""Prove on a live database that nothing was lost or doubled."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from eligibility.engine import invariants


class Command(BaseCommand):
    """Evaluate every invariant; exit 1 and name the offending rows when one is broken."""

    help = "Check on the live database that every promise about rows is kept."

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, print one line a promise, and keep the counts for /metrics."""
        findings = invariants.check()
        invariants.keep(findings)
        for finding in findings:
            self.stdout.write(
                f"{finding.invariant.name:<4} {'BROKEN' if finding.count else 'ok':<7}"
                f"{finding.examined:>9} examined  {finding.invariant.promise}"
            )
            for row in finding.ids:
                self.stdout.write(f"       {row}")
            if finding.count > len(finding.ids):
                self.stdout.write(f"       … {finding.count - len(finding.ids)} more")
        broken = sum(1 for finding in findings if finding.count)
        if broken:
            raise CommandError(f"{broken} of {len(findings)} promises are broken.")
