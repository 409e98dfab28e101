#!/usr/bin/env python
"""Entry point. Where no server is given, the embedded ones run for as long as somebody needs them."""

import os
import sys

from django.core.management import execute_from_command_line

from config import env
from config.core.embedded import Embedded

WITHOUT_SERVERS = {"adapter", "check", "collectstatic", "help", "new_marketplace", "reset", "--help", "--version"}


def main() -> None:
    settings = os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    if settings != "config.settings.dev" or WITHOUT_SERVERS & set(sys.argv[1:2]):
        execute_from_command_line(sys.argv)
        return
    servers = Embedded.for_what_is_missing(env.path("DATA_DIR", env.ROOT / ".data"))
    servers.hold()
    try:
        execute_from_command_line(sys.argv)
    finally:
        servers.release()


if __name__ == "__main__":
    main()
