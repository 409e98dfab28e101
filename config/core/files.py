"""Small private files: readable by their owner alone, seen whole or not at all."""

import os
from collections.abc import Callable
from pathlib import Path


def write_private(file: Path, content: str) -> None:
    """Replace the file in one step."""
    _draft(file, content).replace(file)


def write_once(file: Path, make: Callable[[], str]) -> str:
    """What the file holds; made and written first where there is none. Of two first writers, one wins for both."""
    if not file.exists():
        draft = _draft(file, make())
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_text()


def _draft(file: Path, content: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(content)
    return draft
