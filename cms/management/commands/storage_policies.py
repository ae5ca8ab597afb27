"""What each key of the object store needs, ready for its IAM."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

import static_export
from cms.media.interface import cms_policy, for_seaweedfs, setup_policy


class Command(BaseCommand):
    help = (
        "Print the least that an identity needs at the object store, as an AWS policy document: "
        "cms, for web, workers and clock (AWS_ACCESS_KEY_ID); deployer, for publish_worker and "
        "takedown_worker (SITE_S3_ACCESS_KEY_ID); setup, for setup_storage; public, the policy of "
        "the site's bucket."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("identity", choices=("cms", "deployer", "setup", "public"))
        parser.add_argument(
            "--seaweedfs", action="store_true", help="in SeaweedFS's words, which differ in two"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        make = getattr(self, f"_{options['identity']}")
        policy = for_seaweedfs(make()) if options["seaweedfs"] else make()
        self.stdout.write(json.dumps(policy, indent=2))

    def _cms(self) -> dict[str, Any]:
        return cms_policy()

    def _setup(self) -> dict[str, Any]:
        return setup_policy()

    def _deployer(self) -> dict[str, Any]:
        return self._of_targets(static_export.deployer_policy)

    def _public(self) -> dict[str, Any]:
        return self._of_targets(static_export.public_policy)

    @staticmethod
    def _of_targets(make: Any) -> dict[str, Any]:
        """One document for all buckets among the targets."""
        buckets = [target for target in settings.SITE_TARGETS if target.startswith("s3://")]
        if not buckets:
            raise CommandError("No bucket is among SITE_TARGETS: nobody needs a key for one.")
        try:
            made = [make(target) for target in buckets]
        except static_export.ExportError as error:
            raise CommandError(str(error)) from error
        statements = [statement for policy in made for statement in policy["Statement"]]
        if len(made) > 1:
            # A Sid is there once in a document.
            for statement in statements:
                statement.pop("Sid", None)
        return {**made[0], "Statement": statements}
