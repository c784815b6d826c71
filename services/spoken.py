"""Commands that speak as they are spoken to: what they say are codes of `messages.toml`, in the caller's language."""

import gettext
import os
from collections.abc import Mapping
from contextvars import ContextVar, copy_context
from copy import copy
from functools import partial
from pathlib import Path
from typing import Any

import click

from shared.messages import LANGUAGES, Catalogue, Language

TEXTS = Catalogue(Path(__file__).parent)
_CHOSEN: ContextVar[Language | None] = ContextVar("language", default=None)
_OF_CLICK = {texts["en"]: texts["zh"] for code, texts in TEXTS.codes().items() if code.startswith("click-")}


def language() -> Language:
    """`--language`, else that of the locale."""
    return _CHOSEN.get() or of_locale(os.environ)


def of_locale(environment: Mapping[str, str]) -> Language:
    """By the variables of POSIX in their order: English where the first that is set says so, else Chinese."""
    values = (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "en" if next(filter(None, values), "").lower().startswith("en") else "zh"


def say(code: str, **params: object) -> str:
    """A text of the catalogue."""
    return TEXTS.text(code, language(), **params)


def _dgettext(domain: str, message: str) -> str:  # noqa: ARG001 gettext's signature
    return _OF_CLICK.get(message, message) if language() == "zh" else message


def _dngettext(domain: str, msgid1: str, msgid2: str, n: int) -> str:
    return _dgettext(domain, msgid1 if n == 1 else msgid2)


# click asks gettext for its own words, which would look for compiled catalogues, by the locale alone.
gettext.dgettext, gettext.dngettext = _dgettext, _dngettext


class SpokenOption(click.Option):
    """An option whose help is a code."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Names and what it is for."""
        spoken = copy(self)
        spoken.help = say(self.help) if self.help else None
        return click.Option.get_help_record(spoken, ctx)


def _choose(_: click.Context, __: click.Parameter, chosen: Language | None) -> None:
    if chosen is not None:
        _CHOSEN.set(chosen)


option = partial(click.option, cls=SpokenOption)
_LANGUAGE = SpokenOption(
    ["--language"],
    type=click.Choice(LANGUAGES),
    help="cli-language",
    is_eager=True,
    expose_value=False,
    callback=_choose,
)


class SpokenCommand(click.Command):
    """A command NAME whose help is the text `cli-NAME`: its first line in lists, all of it when asked for."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.params.append(_LANGUAGE)

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002 click's signature
        """The first line; shortened by nobody."""
        return self._help().partition("\n")[0]

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 click's signature
        """What it does."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(self._help().replace("\n", "\n\n"))

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """`--help`, in the language as well."""
        found = super().get_help_option(ctx)
        if found is not None:
            found.help = say("cli-help")
        return found

    def _help(self) -> str:
        return say(f"cli-{self.name}")


class SpokenGroup(SpokenCommand, click.Group):
    """A group of such commands."""

    command_class = SpokenCommand

    def main(self, *args: Any, **more: Any) -> Any:
        """Run it; what it chose ends with it, for a usage error is shown when its context is gone."""
        return copy_context().run(super().main, *args, **more)
