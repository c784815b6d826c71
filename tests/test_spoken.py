"""Operators' commands have a text for everything they say, in both languages."""

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import services
from services.cli import main
from services.spoken import TEXTS, of_locale

FOLDER = Path(services.__file__).parent


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "zh"),
        ({"LANG": "C.UTF-8"}, "zh"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US"}, "en"),
    ],
)
def test_the_language_is_that_of_the_locale(environment: dict[str, str], language: str) -> None:
    assert of_locale(environment) == language


def test_every_code_that_is_said_has_a_text() -> None:
    said = {
        code
        for name in ("cli.py", "file_import.py", "spoken.py", "../demo/story.py")
        for code in re.findall(r'"(cli-[a-z-]+)"', (FOLDER / name).read_text(encoding="utf-8"))
    }
    said |= {f"cli-{name}" for name in ("main", *main.commands)}
    assert len(said) > 20
    assert [code for code in sorted(said) if code not in TEXTS] == []


@pytest.mark.parametrize("command", ["", *main.commands])
def test_no_code_is_shown_for_a_text(command: str) -> None:
    for language, word in (("zh", "显示"), ("en", "Show this")):
        words = ["--language", language, *filter(None, [command]), "--help"]
        shown = CliRunner().invoke(main, words)
        assert shown.exit_code == 0
        assert word in shown.output
        assert "cli-" not in shown.output


def test_every_option_of_ours_says_what_it_is_for() -> None:
    for name, command in main.commands.items():
        options = [one for one in command.params if isinstance(one, click.Option)]
        assert [one.name for one in options if not one.help] == [], name


@pytest.mark.parametrize(
    ("words", "zh", "en"),
    [
        ("--help", "用法: ", "Usage: "),
        ("--help", "\n选项:", "\nOptions:"),
        ("nonsense", "错误: 没有命令 'nonsense'。", "Error: No such command 'nonsense'."),
        ("serve", "错误: 缺少参数 '{directory", "Error: Missing argument '{directory"),
        ("migrate --nonsense", "用 'shouwang migrate --help' 查看说明。", "Try 'shouwang migrate --help' for help."),
        (
            "serve alerts --port x",
            "'--port' 的值不对: 'x' 不是有效的 integer。",
            "Invalid value for '--port': 'x' is not",
        ),
        ("dead-letters jobs replay x --token t", "'x' 不是有效的编号（UUID）。", "'x' is not a valid UUID."),
        (
            "replay alerts --since today",
            "'today' 不符合格式 '%Y-%m-%d'。",
            "'today' does not match the format '%Y-%m-%d'.",
        ),
        ("serve alerts too much", "多余的参数 (too much)", "Got unexpected extra arguments (too much)"),
    ],
)
def test_what_click_says_itself_is_in_the_language_as_well(words: str, zh: str, en: str) -> None:
    for language, other, told in (("zh", "en", zh), ("en", "zh", en)):
        environment = {"LC_ALL": f"{other}.UTF-8"}
        asked = ["--language", language, *words.split()]
        shown = CliRunner().invoke(main, asked, prog_name="shouwang", env=environment)
        assert told in shown.output, shown.output
        by_locale = CliRunner().invoke(main, words.split(), prog_name="shouwang", env={"LC_ALL": f"{language}.UTF-8"})
        assert told in by_locale.output, by_locale.output


@pytest.mark.parametrize(
    ("words", "environment", "told"),
    [
        ("bootstrap", {}, "DATABASE_*, VAULT_*"),
        ("migrate", {}, "OWNER_DATABASE_URL is not set"),
        ("migrate", {"OWNER_DATABASE_URL": "nonsense"}, "postgresql+asyncpg://role:password@host/database"),
        ("migrate", {"OWNER_DATABASE_URL": "postgresql+asyncpg://a:secret@127.0.0.1:1/b"}, "does not answer"),
        ("dead-letters jobs --token t --url http://127.0.0.1:1", {}, "127.0.0.1:1 cannot be reached"),
    ],
)
def test_what_an_operator_can_mend_is_told_in_a_line(words: str, environment: dict[str, str], told: str) -> None:
    unset = dict.fromkeys(("DATABASE_URL", "OWNER_DATABASE_URL", "VAULT_KEYS", "VAULT_ACTIVE", "VAULT_INDEX_KEY"))
    result = CliRunner().invoke(main, ["--language", "en", *words.split()], env={**unset, **environment})
    assert (result.exit_code in (1, 2), told in result.output) == (True, True), result.output
    assert "secret" not in result.output
