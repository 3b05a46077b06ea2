"""What the documents say exists."""

import re
import shlex
from pathlib import Path

import click
import pytest

from atoll import cli

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
COMMAND = re.compile(r"(?:^|[`\s]|\.venv/bin/)atoll ([a-z][^`\n|]*)")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def commands_in(text: str) -> list[list[str]]:
    """Command lines in code spans and code blocks."""
    spans = re.findall(r"`([^`\n]+)`", text)
    blocks = [line for block in re.findall(r"```[a-z]*\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    found = [match for line in spans + blocks for match in COMMAND.findall(f" {line}")]
    return [shlex.split(line.split("#")[0].split("&&")[0].replace("…", ""), posix=True) for line in found]


def resolved(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that the words lead to, and the words that are left."""
    command: click.Command = cli.atoll
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        following = command.get_command(click.Context(command), words[0])
        assert following is not None, f"There is no command {words[0]}."
        command, words = following, words[1:]
    return command, words


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_and_option_in_the_documents_exists(document: Path) -> None:
    for words in commands_in(document.read_text(encoding="utf-8")):
        command, rest = resolved(words)
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        assert {word.split("=")[0] for word in rest if word.startswith("--")} <= known or command.name == "manage", words


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_between_documents_leads_somewhere(document: Path) -> None:
    for target in LINK.findall(document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), target


def test_the_reference_names_every_command() -> None:
    text = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    context = click.Context(cli.atoll)
    for name in cli.atoll.list_commands(context):
        assert f"`atoll {name}" in text
